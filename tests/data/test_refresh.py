"""Refreshing data against a local server in the publishers' formats: what arrives, what is refused, what stays."""

import datetime
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from basis_data.markets.baskets import basket
from basis_data.markets.margins import margin_path
from basis_data.refresh.answers import PARTS
from basis_data.refresh.snapshot import STAGING, import_margins, refresh, verify
from basis_data.refresh.status import check, describe, verified
from basis_data.tables.data_in_use import MANIFEST, data_in_use, embedded_digest, manifest, use_data
from basis_data.tables.reader import HISTORY, read
from basis_engine.base.errors import InputError
from support.publishers import PAR, Publishers, publishers, tff

UNTIL = datetime.date(2026, 9, 10)
TREASURY = "/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/2026/all"
SOFR, CFTC = "/api/rates/secured/sofr/search.json", "/resource/gpe5-46if.json"
AUCTIONS = "/services/api/fiscal_service/v1/accounting/od/auctions_query"
PRICES = "/GA-FI/FedInvest/securityPriceDetail"
SVENSSON = "/data/yield-curve-tables/feds200628.csv"


@pytest.fixture(autouse=True)
def embedded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep snapshots apart from the user's, and use the embedded tables after each test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    yield
    use_data(None)


@pytest.fixture
def server() -> Iterator[Publishers]:
    """The publishers."""
    with publishers() as served:
        yield served


def refreshed(server: Publishers, root: Path, only: str | None = None) -> Path:
    """A snapshot of what the server has."""
    names = None if only is None else only.split(",")
    return refresh(UNTIL, names, root, server=server.address, pause_s=0.01)


def complaint(server: Publishers, root: Path, only: str) -> str:
    """The sentence of a refresh that fails; nothing is left behind."""
    before = {path.name for path in root.iterdir()} if root.exists() else set()
    with pytest.raises(InputError) as problem:
        refreshed(server, root, only)
    assert {path.name for path in root.iterdir()} - {".lock"} <= before if root.exists() else True
    sentence = str(problem.value)
    assert "\n" not in sentence
    assert len(sentence) <= 300
    return sentence


def test_every_source_arrives_as_rows_of_its_table(server: Publishers, tmp_path: Path) -> None:
    embedded = {path.name: path.read_bytes() for path in HISTORY.glob("*.csv")}
    folder = refreshed(server, tmp_path / "snapshots")
    assert folder.name == "2026-09-10"
    used = use_data(folder)
    assert used.folder == folder.resolve()
    yields = read("par_yields").set_index("date")
    assert yields.loc["2026-08-24"].tolist() == [3.7, 3.73, 3.75, 3.8, 4.21, 4.25, 4.33, 4.5, 4.71, 5.2, 5.25]
    assert yields.loc["2026-08-20", "y_3y_pct"] == 4.23  # a blank, filled
    rates = read("repo").set_index("date")
    assert rates.loc["2026-08-24", ["sofr_pct", "p99_pct", "volume_bn", "effr_pct"]].tolist() == [
        3.66,
        3.76,
        3000,
        3.64,
    ]
    assert not rates.loc["2026-08-24", "pre_production"]
    reports = read("positions").set_index(["report_date", "report_type", "contract"])
    assert reports.loc[("2026-09-08", "FutOnly", "TN"), "lev_money_short_contracts"] == 2_500_000
    assert reports.loc[("2026-06-30", "Combined", "UB"), "conc_net_short_8_pct"] == 30.5
    assert read("svensson").set_index("date").loc["2026-08-24", "tau2_years"] == 14.9
    notes = read("securities").set_index("cusip")
    assert notes.loc["91282CAA1", ["type", "original_term_years", "coupon_pct"]].tolist() == ["note", 10.0, 4.25]
    assert not {"91282CBB2", "91282CDD4"} & set(notes.index)  # inflation-indexed; not yet auctioned
    assert "91282CAA1" in set(basket("TN", "2026-12", "2026-08-24")["cusip"])
    prices = read("prices", folder / "tables" / "fedinvest_prices.csv")
    assert prices[["cusip", "clean_price"]].to_numpy().tolist() == [["912810UR7", 92.46875], ["91282CAA1", 100.15625]]
    dealers = read("dealer_positions").set_index(["as_of_date", "bucket"])
    assert dealers.loc[("2026-04-29", "bills"), "net_position_usd_bn"] == 12.345
    assert verify(folder) == []
    assert embedded == {path.name: path.read_bytes() for path in HISTORY.glob("*.csv")}
    use_data(None)
    assert "91282CAA1" not in set(basket("TN", "2026-12", "2026-08-24")["cusip"])


def test_requests_are_the_publishers_own(server: Publishers, tmp_path: Path) -> None:
    refreshed(server, tmp_path)
    asked = {path: fields for _, path, fields in server.asked}
    assert asked[TREASURY]["type"] == ["daily_treasury_yield_curve"]
    assert asked[SOFR] == {"startDate": ["2026-08-06"], "endDate": ["2026-09-10"], "type": ["rate"]}
    assert "between '2026-06-09T00:00:00' and '2026-09-10T00:00:00'" in asked[CFTC]["$where"][0]
    assert asked[PRICES]["priceDateDay"] == ["10"]
    assert asked[PRICES]["_csrf"] == ["abc-123"]


def test_a_second_refresh_extends_the_snapshot_in_use_and_keeps_the_first(server: Publishers, tmp_path: Path) -> None:
    first = refreshed(server, tmp_path, "par-yields")
    before = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    use_data(first)
    second = refreshed(server, tmp_path, "sofr,effr")
    assert second.name == "2026-09-10-2"
    assert set(manifest(second)["tables"]) == {"treasury_par_yields.csv", "sofr.csv"}
    assert before == {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    assert manifest(second)["base"]["name"] == "2026-09-10"


def test_a_revision_is_said_and_the_old_snapshot_kept(server: Publishers, tmp_path: Path) -> None:
    old = refreshed(server, tmp_path, "par-yields")
    server.answers[TREASURY] = PAR.replace("4.71,5.20,5.25", "4.72,5.20,5.25")
    use_data(old)
    new = refreshed(server, tmp_path, "par-yields")
    said = [remark for remark in manifest(new)["remarks"] if "was" in remark]
    assert said == ["par-yields: 2026-08-24, y_10y_pct: was 4.71, the publisher now gives 4.72"]
    assert read("par_yields").set_index("date").loc["2026-08-24", "y_10y_pct"] == 4.71
    assert use_data(new).digest != manifest(old)["digest"][:12]
    assert read("par_yields").set_index("date").loc["2026-08-24", "y_10y_pct"] == 4.72


def posted(server: Publishers) -> list[str]:
    """Days of prices that were asked for."""
    return [fields["priceDateDay"][0] for _, path, fields in server.asked if path == PRICES]


def prices_of(server: Publishers, root: Path, since: int, until: int) -> Path:
    """A snapshot with the prices of some days of September 2026."""
    first, last = datetime.date(2026, 9, since), datetime.date(2026, 9, until)
    return refresh(last, ["prices"], root, since=first, server=server.address, pause_s=0.01)


def test_prices_of_a_range_of_days_and_then_of_the_missing_ones(server: Publishers, tmp_path: Path) -> None:
    use_data(prices_of(server, tmp_path, 1, 3))
    assert posted(server) == ["1", "2", "3"]
    second = prices_of(server, tmp_path, 1, 9)
    assert posted(server)[3:] == ["4", "8", "9"]  # the 7th is Labor Day
    table = read("prices", second / "tables" / "fedinvest_prices.csv")
    assert table["date"].nunique() == 6
    use_data(second)
    assert "prices             2026-09-01 to 2026-09-09      12 rows  2026-09-09, 6 days" in describe()
    remarks = manifest(prices_of(server, tmp_path, 1, 9))["remarks"]
    assert remarks == ["prices: not asked, the data in use have 2026-09-01 to 2026-09-09"]


def test_a_refresh_of_prices_that_stops_goes_on_where_it_was(server: Publishers, tmp_path: Path) -> None:
    server.status[PRICES] = [200, 200, 500, 500, 500, 500]
    with pytest.raises(InputError, match="answered with status 500"):
        prices_of(server, tmp_path, 1, 4)
    assert not list(tmp_path.glob(f"*/{MANIFEST}"))
    kept = posted(server)
    folder = prices_of(server, tmp_path, 1, 4)
    assert posted(server)[len(kept) :] == ["3", "4"]
    assert verify(folder) == []
    assert not (tmp_path / PARTS).exists()


def test_prices_that_cannot_be_used_are_asked_for_again(server: Publishers, tmp_path: Path) -> None:
    usual = server.answers[PRICES]
    server.answers[PRICES] = usual.replace("92.46875", "9")  # a number, and no price
    with pytest.raises(InputError, match="'9'"):
        prices_of(server, tmp_path, 10, 10)
    assert not (tmp_path / PARTS).exists()
    server.answers[PRICES] = usual
    assert verify(prices_of(server, tmp_path, 10, 10)) == []


def test_days_that_cannot_be_asked_for_are_named(server: Publishers, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="since: 2026-09-09 given, allowed is 2010-01-01 to 2026-09-03"):
        prices_of(server, tmp_path, 9, 3)


NESTED = {"pd": {"timeseries": [{"asofdate": "2026-04-29", "keyid": [["a"] * 9] * 40, "value": "*"}]}}
FAULTS = [
    ("par-yields", TREASURY, "<!DOCTYPE html><html>We are sorry</html>", ["US Treasury", "web page instead of data"]),
    ("par-yields", TREASURY, PAR.replace('"10 Yr"', '"10 Year"'), ["US Treasury", "changed", "'10 Yr'"]),
    ("par-yields", TREASURY, PAR.replace("4.71", "n.a."), ["US Treasury", "'n.a.'", "number"]),
    ("par-yields", TREASURY, PAR.replace("4.71", "471"), ["row", "y_10y_pct", "'471'", "nothing was changed"]),
    ("par-yields", TREASURY, PAR.replace("08/24/2026", "24.08.2026"), ["'24.08.2026'", "date"]),
    ("par-yields", TREASURY, PAR[:-30], ["cut short"]),
    ("par-yields", TREASURY, "", ["answered with nothing"]),
    ("sofr", SOFR, '{"refRates": [{"effectiveDate": "2026-08', ["New York Fed", "JSON"]),
    ("sofr", SOFR, '{"rates": []}', ["no list under refRates"]),
    ("sofr", SOFR, '{"refRates": [{"effectiveDate": "2026-08-24", "type": "SOFR"}]}', ["'percentRate'"]),
    ("cftc", CFTC, tff("2026-09-08", 1).replace("lev_money_positions_short", "lev_short"), ["CFTC", "'lev_money_pos"]),
    ("cftc", CFTC, tff("2026-09-08", -1), ["lev_money_short_contracts", "'-1'"]),
    ("svensson", SVENSSON, "Datum,BETA0\n", ["Federal Reserve", "Date,BETA0"]),
    ("prices", PRICES, "CUSIP,SECURITY TYPE,RATE\n", ["FedInvest", "line 1"]),
    ("auctions", AUCTIONS, json.dumps({"data": [{"cusip": "x"}]}), ["Fiscal Data", "'security_type'"]),
    ("dealers", "/api/pd/get", json.dumps(NESTED), ["New York Fed", "an unknown series"]),
]


@pytest.mark.parametrize(("only", "path", "answer", "words"), FAULTS)
def test_a_wrong_answer_is_one_sentence_and_leaves_everything(
    server: Publishers, tmp_path: Path, only: str, path: str, answer: str, words: list[str]
) -> None:
    kept = refreshed(server, tmp_path, "dealers")
    server.answers[path] = answer
    sentence = complaint(server, tmp_path, only)
    for word in words:
        assert word in sentence
    assert verify(kept) == []


def test_a_body_cut_short_is_asked_for_again_and_then_refused(server: Publishers, tmp_path: Path) -> None:
    server.cut.add(SOFR)
    assert "stopped half-way" in complaint(server, tmp_path, "sofr")
    assert len([path for _, path, _ in server.asked if path == SOFR]) == 2


def test_a_busy_server_is_asked_again(server: Publishers, tmp_path: Path) -> None:
    server.status[SOFR] = [503, 429]
    assert refreshed(server, tmp_path, "sofr").exists()
    server.status[SOFR] = [503] * 9
    assert "status 503" in complaint(server, tmp_path, "sofr")


def test_no_server_is_one_sentence(server: Publishers, tmp_path: Path) -> None:
    server.address = "http://127.0.0.1:9"
    assert "cannot be reached" in complaint(server, tmp_path, "sofr")


def test_an_unknown_source_is_named(server: Publishers, tmp_path: Path) -> None:
    assert "did you mean 'sofr'" in complaint(server, tmp_path, "sofrs")


def test_a_read_only_folder_is_one_sentence(server: Publishers, tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        refreshed(server, file / "snapshots", "sofr")
    if os.geteuid() != 0:  # the superuser may write anywhere
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o555)
        with pytest.raises(InputError, match="cannot be written"):
            refreshed(server, locked, "sofr")


def test_a_full_disk_leaves_nothing(server: Publishers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    assert "No space left" in complaint(server, tmp_path, "sofr")


def test_a_killed_refresh_leaves_no_snapshot_and_the_next_one_cleans_up(server: Publishers, tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib\n"
        "import basis_data.refresh.snapshot as s\n"
        "kept = s._digest\n"
        "def slow(*a):\n    print('writing', flush=True); time.sleep(60); return kept(*a)\n"
        "s._digest = slow\n"
        "import datetime\n"
        f"s.refresh(datetime.date(2026, 9, 10), ['sofr'], sys.argv[1], server={server.address!r})\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGKILL)
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(STAGING)]
    assert len(left) == 1
    assert "none in" in describe(tmp_path)
    folder = refreshed(server, tmp_path, "sofr")
    assert {path.name for path in tmp_path.iterdir()} == {".lock", folder.name}


@pytest.mark.parametrize("victim", ["tables/sofr.csv", "raw/sofr.json", "tables/more.csv", MANIFEST])
def test_verify_finds_every_change(server: Publishers, tmp_path: Path, victim: str) -> None:
    folder = refreshed(server, tmp_path, "sofr")
    assert "2 digests are as written" in verified(folder)
    path = folder / victim
    if victim == MANIFEST:
        path.write_text(
            path.read_text().replace(
                '"base": {\n  "name": "embedded",\n  "digest": "', '"base": {\n  "name": "embedded",\n  "digest": "0'
            )
        )
    else:
        path.write_text((path.read_text() if path.exists() else "") + "\n")
    with pytest.raises(InputError, match="2026-09-10: "):
        verified(folder)
    if victim == "tables/sofr.csv":
        with pytest.raises(InputError, match="differs from its digest"):
            use_data(folder)
        assert data_in_use().name == "embedded"


def test_imported_margins_replace_the_assumption_from_their_date(tmp_path: Path) -> None:
    import numpy as np

    days = np.array(["2026-07-21", "2026-07-22"], "datetime64[D]")
    assert margin_path("TY", days).leverage.tolist() == [60.0, 60.0]
    file = tmp_path / "margins.csv"
    file.write_text("contract,date,initial_usd,maintenance_usd\nTY,2026-07-22,2200,2000\n")
    use_data(import_margins(file, tmp_path / "snapshots"))
    path = margin_path("TY", days)
    np.testing.assert_array_equal(path.usd, [np.nan, 2000.0])
    np.testing.assert_array_equal(path.leverage, [60.0, np.nan])
    assert margin_path("FV", days).leverage.tolist() == [70.0, 70.0]
    file.write_text("contract,date,initial_usd\nZN,2026-07-22,2200\n")
    with pytest.raises(InputError, match="'ZN'"):
        import_margins(file, tmp_path / "snapshots")


def test_the_embedded_tables_have_a_digest_and_pass_their_checks() -> None:
    assert str(use_data(None)) == f"embedded, digest {embedded_digest()}"
    assert "pass the checks" in check()
    assert "last whole par curve (3 years aside): 2026-07-22" in describe()


def test_a_snapshot_that_is_none_is_named(tmp_path: Path) -> None:
    for given in (tmp_path, "2031-01-01"):
        with pytest.raises(InputError, match="is no snapshot"):
            use_data(given)
