"""Scenarios: a composition with methods that change it, and loading from TOML files, which may build on a base."""

import tomllib
from pathlib import Path
from typing import Any, Self

from basis_data.scenarios.composition import DATED, RENAMED, Composition
from basis_data.scenarios.parts import DatedPart, MarketEra
from basis_data.scenarios.sentence import sentence
from basis_data.tables.card import Card, as_html, as_text
from basis_data.tables.fields import StrictModel
from basis_data.tables.files import read_text
from basis_data.tables.plugins import scenario_files
from basis_data.tables.validation import did_you_mean, validated, with_new_names
from basis_engine.base.errors import InputError

SCENARIOS = Path(__file__).parent
WORDS = ("name", "title", "story", "source")


class Scenario(Composition):
    """A composition, with methods that return changed copies."""

    def __str__(self) -> str:
        """Describe the composition in one sentence."""
        return sentence(self)

    def __repr__(self) -> str:
        """The scenario on one line."""
        return as_text(self._card())

    def _repr_html_(self) -> str:
        """The card of a notebook."""
        return as_html(self._card())

    def _card(self) -> Card:
        """Composition, story and source, and every field that differs from its default."""
        given = {name: getattr(self, name) for name, field in type(self).model_fields.items() if name not in WORDS}
        rows = [
            [name, _brief(value)] for name, value in given.items() if value != type(self).model_fields[name].default
        ]
        texts = [str(self) + ".", *filter(None, (self.story, self.source and f"Source: {self.source}"))]
        more = "but(field=...), scaled(by), with_repo(...), with_haircut(...), with_margin(...), with_yields(...)"
        return Card(f"Scenario {self.name}", texts, (), rows, more)

    def __hash__(self) -> int:
        """Hash what tells most scenarios apart; parts that hold tables by tenor have no hash, equality compares all."""
        return hash((self.name, self.start, self.end, self.contracts, self.curve, self.yield_scale))

    def but(self, **fields: Any) -> Self:
        """Replace some fields; the values are checked as those of a file are."""
        return validated(type(self), {**self.model_dump(), **fields}, self.name)

    def scaled(self, by: float) -> Self:
        """Multiply all moves of yields by `by`, in addition to the present scale."""
        return self.but(yield_scale=self.yield_scale * by)

    def at_speed(self, times: float) -> Self:
        """Make the same moves of yields `times` as fast; below 1, give a later `end` to include all of them."""
        return self.but(yield_speed=self.yield_speed * times)

    def with_yields(self, date: Any, bp: float | None = None, until: Any = None, **shape: Any) -> Self:
        """Add a move of yields: `bp` with `shape='twist'` or 'hump', or `by_tenor={'2y': 10, '30y': 60}`."""
        return self._with("yield_moves", date=date, until=until, bp=bp, **shape)

    def with_repo(self, date: Any, bp: float, until: Any = None) -> Self:
        """Raise the cost of repo: a spike to `until`, or a new level."""
        return self._with("repo_rate_shifts", date=date, until=until, bp=bp)

    def with_haircut(self, date: Any, haircut: float, contract: str | None = None) -> Self:
        """Change the haircut from a date on."""
        return self._with("haircut_changes", date=date, haircut=haircut, contract=contract)

    def with_margin(self, date: Any, multiple: float) -> Self:
        """Multiply futures margins from a date on."""
        return self._with("margin_notices", date=date, multiple=multiple)

    def with_dislocation(self, date: Any, bp: float, until: Any = None, contract: str | None = None) -> Self:
        """Make cash cheap against futures by `bp` of price."""
        return self._with("dislocations", date=date, until=until, bp=bp, contract=contract)

    def with_pull_back(self, date: Any, share: float, until: Any = None) -> Self:
        """Have lenders not roll a share of the repo falling due."""
        return self._with("not_rolled", date=date, until=until, share=share)

    def with_sales(self, date: Any, usd_bn: float, until: Any = None, who: str = "others") -> Self:
        """Add sales to dealers, $bn a day; they affect the market of funds only."""
        return self._with("flows", kind="sale", date=date, until=until, usd_bn=usd_bn, who=who)

    def with_purchases(self, date: Any, usd_bn: float, until: Any = None, who: str = "the central bank") -> Self:
        """Add purchases from dealers, $bn a day; they affect the market of funds only."""
        return self._with("flows", kind="purchase", date=date, until=until, usd_bn=usd_bn, who=who)

    def _with(self, field: str, **part: Any) -> Self:
        """Add a dated part."""
        return self.but(**{field: [*self.model_dump()[field], part]})


def _brief(value: Any) -> str:
    """A field of a card: dated parts are counted, long texts are cut."""
    if isinstance(value, tuple) and value and isinstance(value[0], DatedPart):
        return f"{len(value)} dated, the first on {value[0].date}"
    if isinstance(value, StrictModel):
        value = ", ".join(f"{name} {_brief(item)}" for name, item in value.model_dump(exclude_unset=True).items())
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 80 else f"{text[:78]} …"


def changed(scenario: Scenario, where: str, **changes: Any) -> Scenario:
    """Replace some fields of a scenario; error messages begin with `where`, the user's name for the source."""
    return validated(Scenario, {**scenario.model_dump(), **changes}, where)


def market_era(scenario: Scenario) -> MarketEra:
    """Return the inputs of a scenario's market of funds.

    Raises
    ------
    InputError
        If the scenario has no `[market]` table.
    """
    if scenario.market is None:
        raise InputError(
            f"scenario {scenario.name}, market: is missing from its TOML; add a [market] table with its era_leverage"
        )
    return scenario.market


def scenario(name_or_path: str | Path) -> Scenario:
    """Load a scenario by name, or from a TOML file.

    Raises
    ------
    InputError
        If there is no such scenario, or a field is wrong: the message names the file and the first wrong field.
    """
    path = _find(name_or_path)
    return validated(Scenario, _given(path), str(path))


def names() -> list[str]:
    """List the names of the embedded scenarios, and of those of plugins."""
    return sorted(_known())


def _known() -> dict[str, Path]:
    """Files of scenarios by name."""
    embedded = {path.stem: path for path in SCENARIOS.glob("*.toml")}
    return embedded | scenario_files(embedded)


def _find(name_or_path: str | Path, beside: Path | None = None) -> Path:
    """Find the TOML file of a scenario; a path given in a file is relative to that file."""
    given = str(name_or_path)
    where = f"scenario {given!r}" if beside is None else f"{beside}, base: {given!r}"
    if given.endswith(".toml") or Path(given).name != given:
        path = Path(given) if beside is None else beside.parent / given
        try:
            found = path.exists()
        except OSError:  # a name that is too long
            found = False
        if not found:
            raise InputError(
                f"{where.replace(repr(given), given)}: no such file; give the path of a TOML file or a name"
            )
        return path
    known = _known()
    if given not in known:
        raise InputError(
            f"{where}: unknown{did_you_mean(given, known)}; allowed are the {len(known)} that `basis-stress "
            "scenarios` lists, or the path of a TOML file"
        )
    return known[given]


def _given(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a TOML file and merge it over its base."""
    if path.resolve() in above:
        raise InputError(f"{path}, base: this file is its own base; name another base, or none")
    try:
        given = with_new_names(tomllib.loads(read_text(path, "the path of a TOML file")), RENAMED, str(path))
    except InputError:
        raise
    except (ValueError, RecursionError) as problem:  # ValueError: an integer of thousands of digits, too
        raise InputError(f"{path}: is not TOML ({problem}); correct that line") from None
    files = given.get("files")
    if isinstance(files, dict):
        given["files"] = {
            key: str(path.parent / file) if isinstance(file, str) else file for key, file in files.items()
        }
    if not isinstance(given.get("base"), str):
        return given
    under = _find(given["base"], path)
    base = _given(under, (*above, path.resolve()))
    validated(Scenario, base, str(under))  # so that an error in the base names the base's file
    if under.parent != SCENARIOS:
        given["base"] = str(under)  # relative to this file, which a later reader does not know
    return _over(base, given)


def _over(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Merge a scenario's fields over its base's: tables by key, dated parts added; texts are not inherited."""
    merged = {key: value for key, value in base.items() if key not in WORDS}
    if isinstance(merged.get("market"), dict):
        merged["market"] = {"episode": base["name"], **merged["market"]}
    for key, value in given.items():
        under = merged.get(key)
        if key in DATED and isinstance(under, list) and isinstance(value, list):
            merged[key] = [*under, *value]
        elif key in ("files", "market") and isinstance(under, dict) and isinstance(value, dict):
            merged[key] = {**under, **value}
        else:
            merged[key] = value
    return merged
