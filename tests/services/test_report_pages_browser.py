"""The pages in a real browser: nothing is fetched, nothing overflows, axe finds no violation."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from report_hospital import DAY, SYSTEMS, nights, paper_incidents, paper_lake, paper_portfolio

from aiops_pipelines.reports import Links, dashboard_pages, render_dashboard

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
HOME = f"dashboard/{DAY}/index.html"
SYSTEM = f"dashboard/{DAY}/lung-nodule-ct.html"
NUMBERS = f"dashboard/{DAY}/length-of-stay.html"
LOOKED_AT = ["lung-nodule-ct", "length-of-stay", "sepsis-early-warning"]
A4 = 688
"""The printed width in px: 210 mm less two margins of 14 mm, at 96 px an inch."""

MANY = [*SYSTEMS, *(f"regional-system-number-{number}" for number in range(48))]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Give the folder of the index, the dashboard of twelve systems, and the pages of some."""
    folder = tmp_path_factory.mktemp("site")
    portfolio = paper_portfolio()
    lake = paper_lake(folder / "lake", portfolio, nights(3), "mixed")
    pages = dashboard_pages(paper_portfolio(LOOKED_AT), lake, paper_incidents(), DAY)
    pages[HOME] = render_dashboard(portfolio, lake, paper_incidents(), DAY, Links())
    for name, page in pages.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")
    return folder


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("name", [HOME, SYSTEM, "dashboard/index.html"])
def test_pages_fetch_nothing_and_fit_every_width(browser, opened, mixed, name, width):
    page = opened(browser, mixed / name, width)
    assert overflow(page) <= 0
    page.close()


@pytest.mark.parametrize("name", [HOME, SYSTEM, NUMBERS, "dashboard/index.html"])
def test_axe_finds_no_violation(browser, opened, mixed, name):
    page = opened(browser, mixed / name, 1280)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.close()


@pytest.mark.parametrize(
    ("ids", "mood", "days"),
    [(list(SYSTEMS)[:3], "calm", 2), (MANY, "mixed", 1), (SYSTEMS, "red", 2), (SYSTEMS, "red", 0)],
    ids=["three systems", "sixty systems", "all red", "no data"],
)
def test_every_hospital_fits_a_phone_and_a_desk(browser, opened, tmp_path, ids, mood, days):
    portfolio = paper_portfolio(ids)
    lake = paper_lake(tmp_path / "lake", portfolio, nights(days), mood)
    file = tmp_path / "index.html"
    dashboard = render_dashboard(portfolio, lake, paper_incidents(), DAY, Links())
    file.write_text(dashboard, encoding="utf-8")
    for width in (360, 1440):
        page = opened(browser, file, width)
        assert overflow(page) <= 0
        assert page.locator("article.system").count() == len(ids)
        chips = "chips => chips.filter(chip => chip.scrollWidth > chip.clientWidth).length"
        assert page.locator(".chip, .badge").evaluate_all(chips) == 0
        page.close()


def test_nothing_is_cut_off_where_the_pages_are_printed(browser, opened, mixed):
    for name in (HOME, SYSTEM, "dashboard/index.html"):
        page = opened(browser, mixed / name, A4)
        page.emulate_media(media="print")
        wide = "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).length"
        assert page.locator(".scroll, .chip, .card, .system, figure").evaluate_all(wide) == 0, name
        assert overflow(page) <= 0
        page.close()


def test_the_keyboard_reaches_every_system_in_order(browser, opened, mixed):
    page = opened(browser, mixed / HOME, 1280)
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('href')"))
    links = page.locator("article.system h3 a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert reached[0] == "#content"
    assert [href for href in reached if href in links][:12] == links
    page.close()


def test_a_row_leads_to_its_system_and_back(browser, opened, mixed):
    page = opened(browser, mixed / HOME, 1280)
    page.get_by_role("link", name="Sepsis early warning").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Sepsis early warning"
    page.get_by_role("link", name="All systems on").click()
    assert page.url.endswith(HOME)
    page.close()


def test_verdicts_are_words_also_where_colours_are_forced(browser, opened, mixed):
    page = opened(browser, mixed / HOME, 1280, forced_colors="active")
    words = page.locator("article.system .chip .word").all_inner_texts()
    assert len(words) == 12 * 7
    assert {word.split(maxsplit=1)[1] for word in words} == {
        "ok", "warn", "breach", "insufficient data"
    }  # fmt: skip
    page.close()
