"""The pages of the reference, written from docstrings, models and the data dictionary when the site is built."""

import inspect
import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

import basis_stress as bs
from basis_data.scenarios import parts
from basis_data.shocks.generators import GENERATORS
from basis_data.tables.fields import StrictModel, meanings
from basis_engine.simulation.observation import FundView, PairView
from basis_strategies.library import LIBRARY
from basis_stress.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
GROUPS = {
    "Backtests": ("backtest", "Result", "MarketResult", "CashFuturesBasis", "Execution", "data_dictionary"),
    "Scenarios": ("scenario", "scenarios", "Scenario", "as_of", "compare_scenarios"),
    "What breaks a book": ("breaking_point", "BreakingPoint", "every_lever", "LeverTable", "frontier", "Frontier", "largest_leverage", "LargestLeverage", "slide"),
    "Many clients": ("clients", "ClientsResult"),
    "Sweeps": ("sweep", "read_sweep", "Sweep"),
    "Generated paths": ("generate", "chunks", "Paths", "shocks", "FundingTerms", "simulate_paths", "Simulation"),
    "Strategies over years": (
        "run_strategy", "MultiYearRun", "compare", "Comparison", "strategies", "Strategy", "Portfolio", "compiled", "rules",
        *LIBRARY,
    ),
    "Bonds and baskets": (
        "price", "yield_to_maturity", "accrued_interest", "modified_duration", "conversion_factor", "implied_repo",
        "gross_basis", "net_basis", "futures_price", "cheapest_to_deliver",
    ),
    "Data": ("data_in_use", "use_data", "refresh"),
    "Mistakes": ("InputError", "StrategyError"),
}  # fmt: skip
"""Public names by what they are for; a name that is in no group comes last."""
_WORDS = {"bool": "true or false", "date": "date", "Path": "path of a CSV file", "dict": "table by tenor"}
_GENERATED = "% This page is written by docs/reference_pages.py.\n\n"


def write_all(folder: Path) -> None:
    """Write every page, where it differs, so that a second build reads only what changed."""
    pages = {
        "api.md": api(),
        "tables.md": tables(),
        "fields.md": fields(),
        "command-line.md": command_line(),
        "decisions.md": decisions(),
        "input-files.md": input_files(),
    }
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != _GENERATED + text:
            path.write_text(_GENERATED + text, encoding="utf-8")


def api() -> str:
    """Every public name with its docstring."""
    shown = {name for names in GROUPS.values() for name in names}
    groups = GROUPS | {"Others": tuple(name for name in bs.__all__ if name not in shown)}
    parts_of_page = ["# Python\n\nEvery public name of `import basis_stress as bs`.\n"]
    for title, names in groups.items():
        if names:
            parts_of_page += [f"## {title}\n", *(_entry(name) for name in names)]
    return "\n".join(parts_of_page)


def _entry(name: str) -> str:
    """The directive that documents a public name."""
    value: Any = getattr(bs, name, None)
    if name == "Comparison":  # is returned, and has no public name
        return _directive(
            "autoclass", "basis_stress.multi_year.comparison.Comparison", ["members:", "exclude-members: __init__"]
        )
    if name == "rules":
        return _directive("automodule", "basis_strategies.rules", ["members:"], shown="basis_stress.rules")
    if isinstance(value, type) and issubclass(value, BaseModel):
        hidden = ", ".join([*value.model_fields, "model_config", "Terms", "kinds", "decide"])
        own = _directive("autoclass", f"basis_stress.{name}", ["members:", f"exclude-members: {hidden}"])
        return f"{own}\nFields: [{name}](fields.md#{name.lower()}).\n"
    if isinstance(value, type):
        return _directive("autoclass", f"basis_stress.{name}", ["members:", "inherited-members: Exception, ValueError"])
    return _directive("autofunction", f"basis_stress.{name}", [])


def _directive(kind: str, target: str, options: list[str], shown: str = "") -> str:
    """An autodoc directive; a module gets a heading of its own."""
    heading = f"### {shown}\n\n" if shown else ""
    lines = "\n".join(f"   :{option.replace(':', ': ', 1) if ': ' not in option else option}" for option in options)
    lines = re.sub(r": *$", ":", lines, flags=re.MULTILINE)
    return f"{heading}```{{eval-rst}}\n.. {kind}:: {target}\n{lines}\n```\n"


def tables() -> str:
    """The data dictionary: each table with its columns."""
    rows = bs.data_dictionary()
    out = [
        "# Tables\n",
        "Every column of every table with its unit and sign; `bs.data_dictionary()` gives the same as a DataFrame. Money is in "
        "US dollars, outflows are negative, rates are decimals per year unless the unit says percent, times are New York.\n",
        "A name in braces stands for several columns: `{tenor}` for `1mo` to `30y`, `{contract}` for contract codes, `{profit}` "
        "for the lines of profit, `{field}` for fields of the book.\n",
    ]
    for table in dict.fromkeys(rows["table"]):
        title = "Columns of every table" if table == "*" else table
        out.append(f"## {title}\n\n| column | unit | sign | meaning |\n|---|---|---|---|")
        out += [
            f"| `{row.column}` | {row.unit} | {row.sign or '–'} | {row.meaning} |"
            for row in rows[rows["table"] == table].itertuples()
        ]
        out.append("")
    return "\n".join(out)


def fields() -> str:
    """Every field of scenarios, books, strategies and generators."""
    dated = {
        model.__name__: model
        for model in vars(parts).values()
        if isinstance(model, type) and issubclass(model, StrictModel) and model.__module__ == parts.__name__
    }
    groups: dict[str, dict[str, type[BaseModel]]] = {
        "Scenario": {"Scenario": bs.Scenario},
        "Parts of a scenario": {name: model for name, model in dated.items() if not name.endswith("Part")},
        "Books and strategies": {
            model.__name__: model for model in (bs.CashFuturesBasis, bs.Strategy, bs.Portfolio, *LIBRARY.values())
        },
        "Generated paths": {"FundingTerms": bs.FundingTerms, **{kind.__name__: kind for kind in GENERATORS.values()}},
    }
    names = {kind.__name__: name for name, kind in GENERATORS.items()}
    out = [
        "# Fields\n",
        "Every field that a user gives: in TOML, in Python, on the command line and as an axis of a sweep. Unknown keys and "
        "numbers out of range are refused in one sentence.\n",
    ]
    for title, models in groups.items():
        if title != "Scenario":
            out.append(f"## {title}\n")
        level = "##" if title == "Scenario" else "###"
        for name, model in models.items():
            called = f" (`{names[name]}`)" if name in names else ""
            out.append(f"{level} {name}\n\n{_first_paragraph(model)}{called}\n")
            if issubclass(model, bs.Strategy) and model is not bs.Strategy:
                own = [field for field in model.model_fields if field not in bs.Strategy.model_fields]
                out.append(
                    "The fields of [Strategy](#strategy), and:\n" if own else "The fields of [Strategy](#strategy).\n"
                )
            else:
                own = list(model.model_fields)
            if own:
                out += ["| field | unit or values | range | default | meaning |", "|---|---|---|---|---|"]
                out += [_field(field, model.model_fields[field], meanings(model)[field]) for field in own]
            out.append("")
    return "\n".join(out)


def _first_paragraph(model: type[BaseModel]) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split()).replace("``", "`")


def _field(name: str, field: Any, meaning: str) -> str:
    """One row: a field."""
    nested = [item for argument in get_args(field.annotation) for item in getattr(argument, "__metadata__", ())]
    found = [item for one in (*field.metadata, *nested) for item in (one, *getattr(one, "metadata", ()))]
    bounds = [
        f"{sign} {float(getattr(item, bound)):,g}"
        for bound, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
        for item in found
        if getattr(item, bound, None) is not None
    ]
    choices = [repr(choice) for choice in get_args(field.annotation) if isinstance(choice, str)]
    unit = field.title or next((one.title for one in found if getattr(one, "title", None)), None)
    what = unit or ", ".join(choices) or _type(field.annotation)
    default = "required" if field.is_required() else _default(field)
    return f"| `{name}` | {what} | {', '.join(bounds) or '–'} | {default} | {meaning.replace('``', '`')} |".replace(
        "\n", " "
    )


def _default(field: Any) -> str:
    """The default of a field."""
    value = field.get_default(call_default_factory=True)
    if value is None or value == () or value == {} or value == "":
        return "–"
    if isinstance(value, BaseModel):
        return "–"
    return f"`{', '.join(map(str, value)) if isinstance(value, tuple) else value}`"


def _type(annotation: Any) -> str:
    """The type of a field in words."""
    text = str(annotation)
    for sign, word in (
        ("bool", "true or false"),
        ("date", "date, YYYY-MM-DD"),
        ("Path", "path of a CSV file"),
        ("dict", "table by tenor"),
    ):
        if sign in text:
            return word
    inner = re.findall(r"parts\.(\w+)", text)
    if inner:
        return f"[{inner[0]}](#{inner[0].lower()})" + (", any number" if "tuple" in text else "")
    return "numbers" if "float" in text else "names" if "tuple" in text else "text"


def decisions() -> str:
    """What a strategy observes when it decides, from the classes that the engine fills."""
    out = [
        "# What a decision sees\n",
        "`decide(terms, fund, pairs, target)` is called at 15:30 of every business day. `terms` are the strategy's own "
        "[fields](fields.md#strategy); `fund` and each of `pairs` are records of that day; `target` takes the face wanted of each "
        "pair, US dollars, negative to sell short. What it does not write stays as it is.\n",
    ]
    for title, view in (("fund", FundView), ("pairs[p]", PairView)):
        out += [f"## {title}\n", "| field | unit | meaning |", "|---|---|---|"]
        for kind in reversed(view.__mro__[:-1]):
            said = dict(re.findall(r"^    (\w+): \w+(?:  # (.*))?$", inspect.getsource(kind), flags=re.MULTILINE))
            for name, unit in get_type_hints(kind, include_extras=True).items():
                if name in vars(kind)["__annotations__"]:
                    unit = getattr(unit, "__metadata__", (_WORDS.get(unit.__name__, "number"),))[0]
                    words = name.replace("_", " ").strip()
                    out.append(f"| `{name}` | {unit} | {words + ': ' + said[name] if said[name] else words} |")
        out.append("")
    return "\n".join(out)


def command_line() -> str:
    """Every command with its options."""
    out = [
        "# Command line\n",
        "Exit code 0 is success, 2 a mistake in what was given (one sentence), 1 a bug. Completion of commands, scenarios and "
        'strategies in bash: `eval "$(_BASIS_STRESS_COMPLETE=bash_source basis-stress)"`; zsh and fish have sources of their '
        "own names.\n",
        *(f"- `basis-stress {name}`: {text}" for name, (_, text) in COMMANDS.items()),
        "",
    ]
    for name, (module, _) in COMMANDS.items():
        function = name.replace("-", "_") + "_" * (name == "break")
        out.append(
            f"```{{eval-rst}}\n.. click:: basis_stress.cli.{module}:{function}\n"
            f"   :prog: basis-stress {name}\n   :nested: full\n```\n"
        )
    return "\n".join(out)


def input_files() -> str:
    """The schemas of the user's own files."""
    return (ROOT / "data" / "basis_data" / "SCHEMA.md").read_text(encoding="utf-8")
