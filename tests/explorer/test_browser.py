"""The explorer in a real browser: its numbers, its manners, its keyboard, its accessibility, its end."""

import re
import signal
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

import basis_stress as bs
from basis_stress.reporting.outcomes import label
from basis_stress.sweeps.cube import write as write_cube
from support.browsers import launched, needs_chromium
from support.served import Served, served

needs_chromium()

READY = "body[data-shown][data-map-ms]"
START = {"scenario": "april-2025", "leverage": "50"}


@dataclass
class Heard:
    """What a page asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as running:
        with httpx.Client(timeout=400) as client:  # the first run on a machine compiles for up to two minutes
            client.get(running.address)
            for path in ("/", "/api/map?y=yield_scale", "/api/map", "/api/breaks", "/api/market"):
                assert client.get(f"{running.origin}{path}").status_code == 200
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def entered(browser: Browser, server: Served, **options: Any) -> BrowserContext:
    """A browser context that holds the token's cookie."""
    context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, **options})
    context.request.get(server.address, max_redirects=0)
    return context


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def page(browser: Browser, server: Served, heard: Heard) -> Iterator[Page]:
    """A page at the first state, which must neither complain nor ask elsewhere."""
    context = entered(browser, server)
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    heard.listen(opened)
    opened.goto(f"{server.origin}/?{urlencode(START)}")
    opened.wait_for_selector(READY)
    yield opened
    context.close()
    assert heard.complaints == []
    assert {url for url in heard.requests if not url.startswith((server.origin, "data:"))} == set()
    assert len(heard.requests) > 5


def facts(page: Page) -> dict[str, str]:
    """Facts of the book as the page holds them."""
    return dict(page.eval_on_selector_all("#facts dd", "all => all.map(one => [one.dataset.fact, one.dataset.value])"))


def shown(page: Page, **given: str) -> None:
    """Wait until the page shows a state."""
    page.wait_for_selector("body" + "".join(f'[data-shown*="{name}={value}"]' for name, value in given.items()))


def random_states(count: int) -> list[dict[str, Any]]:
    """Books and shocks that differ in every field that the sliders move."""
    rng = np.random.default_rng(14)
    drawn = []
    for _ in range(count):
        state: dict[str, Any] = {
            "scenario": str(rng.choice(["april-2025", "march-2020", "april-2025-as-told", "september-2019"])),
            "leverage": float(np.round(rng.uniform(5, 25), 1)),
            "haircut": float(np.round(rng.uniform(0, 0.02), 4)),
            "term_share": float(rng.choice([0.0, 0.5])),
            "margin_multiple": float(np.round(rng.uniform(0.8, 1.5), 2)),
        }
        if rng.random() < 0.4:
            state |= {"basis_bp": float(rng.integers(1, 40)), "bond_cost_bp": float(np.round(rng.uniform(0, 5), 1))}
        if rng.random() < 0.3:
            state |= {"not_rolled": float(np.round(rng.uniform(0, 0.3), 2)), "unwind": "hold"}
        drawn.append(state)
    return drawn


def test_numbers_on_the_page_are_those_of_the_backtest(page: Page) -> None:
    for state in random_states(20):
        query = {name.replace("_", "-"): f"{value}" for name, value in state.items()}
        page.evaluate(
            "query => { history.pushState(null, '', '/?' + query); dispatchEvent(new PopStateEvent('popstate')); }",
            urlencode(query),
        )
        shown(page, **{name: value.removesuffix(".0") for name, value in query.items() if name != "scenario"})
        expected = bs.backtest(**state).summary.iloc[0]
        page.wait_for_selector(f'#facts dd[data-value="{expected["equity_end_usd"]!s}"]')
        found = facts(page)
        for name in ("equity_end_usd", "profit_usd", "leverage_max", "calls_paid_usd", "forced_sales_usd"):
            assert float(found[name]) == float(expected[name]), (state, name)
        assert found["outcome"] == expected["outcome"]


def test_the_back_button_returns_to_the_book_before(page: Page) -> None:
    before = facts(page)
    page.fill("#n-leverage", "30")
    page.press("#n-leverage", "Enter")
    shown(page, leverage="30")
    assert "leverage=30" in page.url
    page.go_back()
    shown(page, leverage="50")
    assert facts(page) == before
    assert page.input_value("#n-leverage") == "50"
    page.fill("#n-leverage", "99999")
    page.press("#n-leverage", "Enter")
    page.wait_for_selector("#mistake:not([hidden])")
    assert "leverage" in page.inner_text("#mistake")


def test_a_preset_and_a_comparison(page: Page) -> None:
    page.click("#keep")
    page.wait_for_selector("#comparison:not([hidden])")
    page.click("text=Twice April")
    shown(page, scenario="april-2025-twice")
    row = page.locator("#both tbody tr", has_text="largest call").locator("td")
    assert [row.nth(0).inner_text(), row.nth(1).inner_text()] == ["$51.9m", "$112m"]
    assert page.inner_text("#command") == "basis-stress backtest april-2025-twice --leverage 50"
    assert "versus=" in page.url


def test_everything_is_reached_with_the_keyboard(page: Page) -> None:
    reached: list[str] = []
    page.keyboard.press("Tab")
    for _ in range(90):
        name = page.evaluate("(at => at.id || at.value || at.textContent.trim().slice(0, 30))(document.activeElement)")
        if reached and name in ("", reached[0]):
            break
        reached.append(name)
        page.keyboard.press("Tab")
    print("\nkeyboard:", ", ".join(reached))
    wanted = {
        "scenario",
        "s-leverage",
        "n-leverage",
        "s-haircut",
        "n-not-rolled",
        "run",
        "keep",
        "map-x",
        "map",
        "python",
    }
    assert wanted <= set(reached)
    page.focus("#s-leverage")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    shown(page, leverage="48")
    page.focus("#map")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    assert "leverage" in page.inner_text("#cell")
    page.keyboard.press("Enter")
    page.wait_for_selector('body[data-shown*="yield-scale"]')
    assert "yield-scale=" in page.url


def test_panels_that_take_longer_open(page: Page) -> None:
    page.click("#breaks summary")
    page.wait_for_selector("#breaks table tbody tr:nth-child(5)")
    page.click("#market summary")
    page.wait_for_selector("#market table tbody tr")
    assert page.inner_text("#market .said")


def test_sixty_steps_of_a_slider(page: Page, record_property: Any) -> None:
    """Reported, not asserted: machines differ."""
    runs, maps = [], []
    page.focus("#s-leverage")
    for step in range(60):
        wanted = f"{50 - 0.5 * (step + 1):g}"
        page.keyboard.press("ArrowLeft")
        shown(page, leverage=f"{wanted}") if step % 2 else page.wait_for_selector(READY)
        runs.append(float(page.get_attribute("body", "data-run-ms") or "nan"))
        maps.append(float(page.get_attribute("body", "data-map-ms") or "nan"))
    text = "; ".join(
        f"{name} p50 {statistics.median(found):.0f} ms, p95 {np.percentile(found, 95):.0f} ms"
        for name, found in (("book", runs), ("map of 100 x 100", maps))
    )
    print(f"\n60 slider steps: {text}")
    record_property("slider", text)


def test_axe_finds_nothing_and_nothing_is_cut_off(page: Page) -> None:
    page.click("#keep")
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    page.wait_for_selector("#breaks table tbody tr")
    page.wait_for_selector("#market table tbody tr")
    for scheme, width in (("light", 1400), ("dark", 1400), ("light", 390)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 844})
        found = Axe().run(page)
        assert found.violations_count == 0, f"{scheme}, {width}: {found.generate_report()}"
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")  # charts follow a moment later


def test_without_scripts_the_page_is_read_and_used(browser: Browser, server: Served) -> None:
    context = entered(browser, server, java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{server.origin}/?{urlencode(START)}")
    expected = bs.backtest("april-2025", leverage=50).summary.iloc[0]
    end = opened.locator('dd[data-fact="equity_end_usd"]')
    assert float(end.get_attribute("data-value") or "nan") == expected["equity_end_usd"]
    assert opened.locator("#daily tbody tr").count() == 21
    assert opened.locator("#map").is_hidden()
    opened.fill("#n-leverage", "20")
    opened.click("#run")
    assert "leverage=20" in opened.url
    assert "20x" in opened.inner_text("#headline")
    context.close()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly(sent: signal.Signals) -> None:
    with served("march-2020") as running:
        running.process.send_signal(sent)
        rest, complaints = running.process.communicate(timeout=20)
    assert (running.process.returncode, rest, complaints) == (0, "", "")


def opened_file(browser: Browser, path: Path, heard: Heard) -> Page:
    """A page of one file, which asks for nothing else."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    heard.listen(page)
    page.goto(path.as_uri())
    page.wait_for_selector("html.scripted")
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")  # charts follow a moment later
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    return page


def test_a_cube_of_four_axes_needs_no_server(browser: Browser, tmp_path: Path, heard: Heard) -> None:
    axes = {"buffer": "0.001:0.02:20x", "haircut": "0:0.04:20x", "margin_multiple": "0.5:3:20x"}
    swept = bs.sweep("april-2025", **axes, term_share="0:0.9:10x", out=tmp_path / "cube")
    assert swept.size == 80_000
    path = write_cube(swept, tmp_path / "cube.html")
    assert path.stat().st_size < 2_000_000
    page = opened_file(browser, path, heard)
    page.select_option("#y", "margin_multiple")
    page.locator("#held input").first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.focus("#map")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    table = swept.table()
    haircut, buffer = np.unique(table["haircut"])[5], np.unique(table["buffer"])[1]
    multiple = np.unique(table["margin_multiple"])[10]
    held = table[(table["haircut"] == haircut) & (table["buffer"] == buffer) & (table["term_share"] == 0)]
    row = held[held["margin_multiple"] == multiple].iloc[0]
    said = page.inner_text("#cell")
    assert f"→ {label(row['outcome'])}" in said
    change = row["equity_end"] / row["entry_equity"] - 1
    assert f"return on equity {abs(100 * change):.1f}%" in said.replace("−", "")
    assert heard.complaints == []
    assert {url for url in heard.requests if not url.startswith(("file:", "data:"))} == set()


def test_a_report_has_hover_and_sorts_and_prints_to_three_pages(browser: Browser, tmp_path: Path, heard: Heard) -> None:
    page = opened_file(browser, bs.backtest("april-2025", leverage=50).report(tmp_path / "report.html"), heard)
    page.wait_for_selector("#live-equity svg")
    page.click("#daily th:nth-child(12) button")
    column = "#daily tbody tr td:nth-child(12)"
    shown = page.eval_on_selector_all(column, "all => all.map(one => Number(one.textContent))")
    assert shown == sorted(shown)
    assert len(shown) == 21
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= 3
    assert heard.complaints == []
