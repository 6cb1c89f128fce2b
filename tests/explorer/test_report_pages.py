"""Every kind of report in a real browser: nothing cut off, no complaint, axe, hover, at most three printed pages."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import basis_stress as bs
from basis_data.scenarios.scenario import scenario
from basis_stress.catalogue.comparison import compare_scenarios
from basis_stress.catalogue.page import render, render_comparison
from basis_stress.reporting.files import save
from support.browsers import launched, needs_chromium

needs_chromium()


def scenario_page(path: Path) -> Path:
    return save(render(scenario("april-2025-perfect-storm")), path, "page")


def comparison_page(path: Path) -> Path:
    chosen, base = scenario("april-2025-twice"), scenario("april-2025")
    table = compare_scenarios(chosen, base, leverage=50)
    return save(render_comparison(chosen, base, table, {"leverage": 50}, False), path, "page")


def default_page(path: Path) -> Path:
    return bs.backtest("april-2025-perfect-storm", leverage=60).report(path)


def market_page(path: Path) -> Path:
    return bs.backtest("march-2020", market=True).report(path)


def sweep_page(path: Path) -> Path:
    return bs.sweep("april-2025", leverage="10:100:10", haircut="0:0.02:5x", out=path.parent / "sweep").report(path)


def break_page(path: Path) -> Path:
    return bs.breaking_point("april-2025", "scale", leverage=30).report(path)


def paths_page(path: Path) -> Path:
    return bs.simulate_paths(paths=200, days=20, leverage=[20, 50]).report(path)


def years_page(path: Path) -> Path:
    return bs.run_strategy(bs.LongBasis(), "2024-01-02", "2024-06-28").report(path)


PAGES = [scenario_page, comparison_page, default_page, market_page, sweep_page, break_page, paths_page, years_page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must neither complain nor ask elsewhere."""
    heard: list[str] = []
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    opened.on("console", lambda message: heard.append(message.text) if message.type != "log" else None)
    opened.on("pageerror", lambda error: heard.append(str(error)))
    opened.on(
        "request", lambda asked: heard.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None
    )
    yield opened
    opened.close()
    assert heard == []


@pytest.mark.parametrize("made", PAGES, ids=lambda made: made.__name__.removesuffix("_page"))
def test_a_report_is_read_on_every_screen_and_on_paper(
    made: Callable[[Path], Path], page: Page, tmp_path: Path
) -> None:
    page.goto(made(tmp_path / "page.html").as_uri())
    for scheme, width in (("light", 1200), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")  # charts follow a moment later
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert "`" not in page.inner_text("body")
    figures = page.locator("[data-hover]:visible")
    assert figures.count() > 0
    figures.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert re.search(r"\d", figures.first.locator(".tip").inner_text())
    page.emulate_media(color_scheme="light")
    assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True))) <= 3
