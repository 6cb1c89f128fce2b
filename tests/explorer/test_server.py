"""The explorer's server, asked without a browser: who may ask, what it answers, and what it refuses in one sentence."""

import base64
import io
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import numpy as np
import pandas as pd
import pytest
import uvicorn

import basis_stress as bs
from basis_engine.simulation.names import Outcome
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_stress.cli.backtest import backtest as command
from basis_stress.explorer.controls import CONTROLS, SLIDERS
from basis_stress.explorer.maps import outcome_map
from basis_stress.explorer.serve import bound
from basis_stress.explorer.server import application
from basis_stress.explorer.state import read_state
from basis_stress.reporting import colours
from basis_stress.reporting.html import VENDOR
from basis_stress.reporting.outcomes import OUTCOMES, name_of

TOKEN = "t" * 32
BOOK = {"scenario": "april-2025", "leverage": "50"}


@pytest.fixture(scope="module")
def asks() -> Iterator[httpx.Client]:
    """A client with the token's cookie, and a server in a thread."""
    listening = bound(0)
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(application(TOKEN, port, {}), log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    with listening, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
        reply = client.get(f"/?token={TOKEN}&leverage=30")
        assert reply.headers["location"] == "/?leverage=30"
        assert "HttpOnly" in reply.headers["set-cookie"]
        assert "SameSite=strict" in reply.headers["set-cookie"]
        yield client
        server.should_exit = True
        thread.join(10)


def test_an_answer_is_the_backtest_of_its_book(asks: httpx.Client) -> None:
    given = {"scenario": "march-2020", "contract": "TU,TY", "leverage": "30", "haircut": "0.005", "term-share": "0.5"}
    found = asks.get("/api/run", params=given).json()
    expected = bs.backtest("march-2020", contract=["TU", "TY"], leverage=30, haircut=0.005, term_share=0.5)
    row = expected.summary.iloc[0]
    assert found["numbers"]["equity_end_usd"] == row["equity_end_usd"]
    assert found["numbers"]["outcome"] == row["outcome"]
    assert found["command"].split()[2:4] == ["march-2020", "--contract"]
    scope: dict[str, bs.Result] = {}
    exec(found["python"], scope)
    pd.testing.assert_frame_equal(scope["result"].summary, expected.summary)


def test_every_control_is_an_option_of_the_command_line_within_the_model() -> None:
    options = {text for parameter in command.params for text in parameter.opts}
    assert {f"--{control.option}" for control in CONTROLS.values()} <= options
    assert set(SLIDERS) <= set(CONTROLS)
    for name in SLIDERS:
        if name not in CashFuturesBasis.model_fields:
            continue
        low, high = SLIDERS[name][1:3]
        CashFuturesBasis.model_validate({name: low})
        CashFuturesBasis.model_validate({name: high})


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"leverage": "1e999"}, "leverage"),
        ({"leverage": "nan"}, "leverage"),
        ({"leverage": "-5"}, "leverage"),
        ({"leverage": "50x"}, "leverage"),
        ({"leverage": "9" * 90}, "leverage"),
        ({"leverage": "50", "buffer": "0.1"}, "buffer"),
        ({"not-rolled": "1.5"}, "not_rolled"),
        ({"bond-cost-bp": "-1"}, "bond_cost_bp"),
        ({"leverige": "50"}, "leverage"),
        ({"contract": "XX"}, "contract"),
        ({"scenario": "../../etc/passwd"}, "scenario"),
        ({"scenario": "april-2025.toml"}, "scenario"),
        ({"book": "/etc/passwd"}, "book"),
        ({"start": "yesterday"}, "start"),
        ({"term-days": "1.5"}, "term_days"),
        ({"margin-multiple": "1e300"}, "margin_multiple"),
        ({"unwind": "__import__"}, "unwind"),
    ],
)
def test_a_mistake_gets_its_sentence(asks: httpx.Client, given: dict[str, str], word: str) -> None:
    reply = asks.get("/api/run", params=given)
    assert reply.status_code == 200
    sentence = reply.json()["error"]
    assert word in sentence
    assert len(sentence) <= 300
    assert "Traceback" not in sentence
    shown = asks.get("/", params=given)
    assert shown.status_code == 422
    assert 'role="alert"' in shown.text


def test_only_this_machine_with_its_token_and_get_may_ask(asks: httpx.Client) -> None:
    for path in ("/", "/api/run", "/static/explorer.js", "/download/report.html", "/?token=wrong"):
        assert httpx.get(f"{asks.base_url}{path}").status_code == 403, path
    assert asks.get("/", headers={"host": "evil.example"}).status_code == 421
    assert asks.get("/", headers={"host": "127.0.0.1:1"}).status_code == 421
    assert asks.get("/api/run", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"):
        reply = asks.request(method, "/api/run")
        assert (reply.status_code, reply.headers["allow"]) == (405, "GET"), method
    assert asks.get("/?" + "a" * 5000).status_code == 414
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static/README.md", "/etc/passwd", "/docs"):
        assert asks.get(path).status_code == 404, path
    for reply in (
        asks.get("/"),
        httpx.get(str(asks.base_url)),
        asks.get("/static/explorer.js"),
        asks.get("/api/run?leverage=x"),
    ):
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("leverage_share", "haircut"),
        ("leverage", "margin_multiple"),
        ("yield_scale", "buffer"),
        ("leverage_share", "not_rolled"),
        ("scenario_repo_bp", "leverage_share"),
        ("leverage", "basis_bp"),
        ("not_rolled", "basis_bp"),
        ("yield_scale", "scenario_repo_bp"),
    ],
)
def test_a_cell_of_the_map_is_a_backtest(x: str, y: str) -> None:
    state = read_state([("scenario", "april-2025"), ("unwind", "hold"), ("margin-multiple", "1.5")], {})
    found = outcome_map(state, x, y, 12)
    drawn = np.frombuffer(base64.b64decode(found["outcome"]), np.uint8).reshape(12, 12)
    checked = 0
    for j, i in ((2, 3), (6, 10), (11, 11), (9, 1)):
        terms = {"margin_multiple": 1.5, x: found["x"]["levels"][i], y: found["y"]["levels"][j]}
        if terms.pop("leverage_share", None) is not None:
            terms["leverage"] = found["leverage"][j * 12 + i]
        if "yield_scale" in terms:
            terms["curve"] = "par"
        if OUTCOMES[drawn[j, i]] == "not_entered":
            with pytest.raises(bs.InputError):
                bs.backtest("april-2025", unwind="hold", **terms)
            continue
        checked += 1
        assert bs.backtest("april-2025", unwind="hold", **terms).summary["outcome"].iloc[0] == OUTCOMES[drawn[j, i]]
    assert checked >= 1


def test_a_book_runs_on_another_day(asks: httpx.Client) -> None:
    given = {**BOOK, "as-of": "2026-03-02"}
    found = asks.get("/api/run", params=given).json()
    expected = bs.backtest("april-2025", leverage=50, as_of="2026-03-02").summary.iloc[0]
    assert found["numbers"]["equity_end_usd"] == expected["equity_end_usd"]
    assert found["daily"]["rows"][0][0] == "2026-03-02"
    assert "as_of='2026-03-02'" in found["python"]
    state = read_state(list(given.items()), {})
    drawn = outcome_map(state, "leverage", "haircut", 5)
    cell = base64.b64decode(drawn["outcome"])[1]
    of_one = bs.backtest("april-2025", leverage=drawn["x"]["levels"][1], haircut=0.0, as_of="2026-03-02")
    assert of_one.summary["outcome"].iloc[0] == OUTCOMES[cell]
    assert "no business day" in asks.get("/api/run", params={**BOOK, "as-of": "2026-03-01"}).json()["error"]


def test_every_cell_of_the_share_of_leverage_can_enter() -> None:
    state = read_state([("scenario", "march-2020"), ("contract", "TY")], {})
    for y in ("haircut", "margin_multiple"):
        drawn = np.frombuffer(base64.b64decode(outcome_map(state, "leverage_share", y, 40)["outcome"]), np.uint8)
        assert (drawn != OUTCOMES.index("not_entered")).all()


def test_the_map_is_capped(asks: httpx.Client) -> None:
    assert "steps" in asks.get("/api/map", params={**BOOK, "steps": "1000"}).json()["error"]
    for axes in ({"x": "leverage", "y": "buffer"}, {"x": "equity"}, {"x": "leverage", "y": "leverage"}):
        assert "map" in asks.get("/api/map", params={**BOOK, **axes}).json()["error"]


def test_downloads_are_the_tables(asks: httpx.Client, tmp_path: Path) -> None:
    expected = bs.backtest("april-2025", leverage=50)
    reply = asks.get("/download/tables.parquet.zip", params=BOOK)
    assert "attachment" in reply.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        archive.extractall(tmp_path)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "cash.parquet"), expected.cash)
    with zipfile.ZipFile(io.BytesIO(asks.get("/download/tables.csv.zip", params=BOOK).content)) as archive:
        assert len(archive.read("cash.csv").splitlines()) == 1 + len(expected.cash)
    sheets = pd.read_excel(io.BytesIO(asks.get("/download/tables.xlsx", params=BOOK).content), sheet_name=None)
    assert sheets["summary"]["equity_end_usd"].iloc[0] == expected.summary["equity_end_usd"].iloc[0]
    assert len(sheets["calls"]) == len(expected.calls)
    assert asks.get("/download/passwd", params=BOOK).status_code == 422


def test_a_book_is_one_that_the_command_line_named(tmp_path: Path) -> None:
    with pytest.raises(bs.InputError, match="allowed are cftc; name a file"):
        read_state([("book", "mine.csv")], {})
    named = {"mine.csv": tmp_path / "mine.csv"}
    assert str(tmp_path / "mine.csv") in read_state([("book", "mine.csv")], named).command


def test_every_outcome_has_a_colour_that_its_words_can_be_read_on() -> None:
    assert set(OUTCOMES) == {name_of(member) for member in Outcome} == set(colours.OUTCOME)
    for scheme in (0, 1):
        grounds = [colours.PAGE[name][scheme] for name in ("ground", "tint")]
        texts = [colours.PAGE[name][scheme] for name in ("ink", "soft", "accent", "gain", "loss")]
        assert min(colours.contrast(text, ground) for text in texts for ground in grounds) >= 4.5
        assert min(colours.contrast(colours.ink_on(c[scheme]), c[scheme]) for c in colours.OUTCOME.values()) >= 4.5


def test_the_vendored_file_is_the_one_whose_digest_is_stated() -> None:
    from hashlib import sha256

    stated = (VENDOR / "README.md").read_text()
    assert sha256((VENDOR / "echarts.common.min.js").read_bytes()).hexdigest() in stated
    assert "Apache License" in (VENDOR / "LICENSE-echarts.txt").read_text()


def test_nothing_is_loaded_from_elsewhere(asks: httpx.Client) -> None:
    page = asks.get("/", params=BOOK).text
    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert "<style" not in page
    assert " style=" not in page
    assert urlencode(BOOK) in page.replace("&amp;", "&")
