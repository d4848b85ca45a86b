import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from report_hospital import (
    DAY,
    SYSTEMS,
    incident,
    make,
    nights,
    paper_incidents,
    paper_lake,
    paper_portfolio,
)
from upath import UPath

from aiops_pipelines.evaluation.store import write_figures
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area
from aiops_pipelines.reports import (
    Links,
    dashboard_pages,
    render_dashboard,
    render_index,
    render_system_page,
    trend_markdown_image,
    written_days,
)
from aiops_pipelines.reports.dashboard import dashboard_view
from aiops_pipelines.reports.morning import as_read
from aiops_pipelines.verdict import Verdict

HOSTILE = "<script>alert(1)</script>\u202e=HYPERLINK(0)"


FEW = [
    "ambient-documentation", "falls-risk", "length-of-stay", "lung-nodule-ct", "prostate-grading",
    "sepsis-early-warning",
]  # fmt: skip


@pytest.fixture(scope="module")
def portfolio():
    return paper_portfolio()


@pytest.fixture(scope="module")
def few():
    """Give one system in each state that `report_hospital` knows, and of each task."""
    return paper_portfolio(FEW)


@pytest.fixture(scope="module")
def lake(portfolio, tmp_path_factory):
    return paper_lake(tmp_path_factory.mktemp("mixed"), portfolio, nights(3))


@pytest.fixture(scope="module")
def view(portfolio, lake):
    return dashboard_view(portfolio, lake, paper_incidents(), DAY, Links())


def rows(view):
    return {row.id: row for _, members in view.groups for row in members}


def test_the_first_sentence_names_the_systems_in_need_and_why(view):
    assert view.headline == (
        "Three of twelve systems need you today: Lung nodule detection, CT (data quality, "
        "performance, drift and SLA), Sepsis early warning (drift) and Ambient documentation "
        "quality (integrity)."
    )


def test_every_monitored_system_has_one_row_and_a_verdict_in_every_area(view):
    assert set(rows(view)) == set(SYSTEMS)
    assert all(len(row.areas) == len(Area) for row in rows(view).values())


def test_insufficient_data_is_its_own_group_and_never_running_within_limits(view):
    groups = {title: [row.id for row in members] for title, members in view.groups}
    assert "falls-risk" in groups["Cannot be judged in every area"]
    assert "falls-risk" not in groups["Running within limits"]


def test_a_silent_feed_is_told_at_the_top(view):
    assert view.silent == (("Ambient documentation quality", "no file arrived; expected daily"),)


def test_clocks_are_told_for_seven_in_the_morning_in_the_hospitals_zone(view):
    (lung,) = rows(view)["lung-nodule-ct"].incidents
    assert lung.overdue
    assert lung.clocks[0] == "acknowledge overdue by 1 day 19 h (was due 29 Mar 12:00)"
    (sepsis,) = rows(view)["sepsis-early-warning"].incidents
    assert sepsis.clocks == ("resolve within 1 day 5 h (by 1 Apr 12:00)",)


def test_closed_historical_and_later_incidents_do_not_wait_for_anybody(portfolio, lake):
    done = [
        incident("INC-2026-0001", "no-show", "drift", DAY, status="closed"),
        incident("INC-2026-0002", "no-show", "drift", DAY, historical=True),
        incident("INC-2026-0003", "no-show", "drift", DAY + timedelta(days=1)),
    ]
    view = dashboard_view(portfolio, lake, done, DAY, Links())
    assert rows(view)["no-show"].incidents == ()


def test_an_overdue_incident_alone_needs_somebody(portfolio, tmp_path):
    calm = paper_lake(tmp_path, portfolio, [DAY], mood="calm")
    late = incident("INC-2026-0007", "no-show", "drift", DAY - timedelta(days=9))
    view = dashboard_view(portfolio, calm, [late], DAY, Links())
    assert view.headline == (
        "One of twelve systems needs you today: Clinic no-show prediction (incident overdue)."
    )


def test_what_changed_since_the_night_before_is_told(portfolio, tmp_path):
    lake = paper_lake(tmp_path, portfolio, [DAY - timedelta(days=1)], mood="calm")
    paper_lake(tmp_path, portfolio, [DAY], mood="red")
    changes = rows(dashboard_view(portfolio, lake, [], DAY, Links()))["no-show"].changes
    assert "performance: ok → breach" in changes
    assert "calibration: ok → breach" not in changes


def test_without_any_evaluation_there_is_no_all_clear(portfolio, tmp_path):
    view = dashboard_view(portfolio, Lake(UPath(tmp_path)), [], DAY, Links())
    assert view.headline == (
        "No answer today: none of twelve systems was evaluated for this night."
    )
    assert [title for title, _ in view.groups] == ["Need you today"]
    assert "Nothing is known, and that is no pass." in view.details[0]
    assert not any(row.evaluated for row in rows(view).values())


def test_a_system_whose_night_did_not_run_needs_somebody(portfolio, tmp_path):
    lake = paper_lake(tmp_path, paper_portfolio(["no-show"]), [DAY], mood="calm")
    headline = dashboard_view(portfolio, lake, [], DAY, Links()).headline
    assert headline.startswith("Eleven of twelve systems need you today: ")
    assert headline.endswith("and eight more.")
    assert "(not evaluated)" in headline


def test_when_every_system_is_in_trouble_the_sentence_stays_short(portfolio, tmp_path):
    lake = paper_lake(tmp_path, portfolio, [DAY], mood="red")
    headline = dashboard_view(portfolio, lake, [], DAY, Links()).headline
    assert headline.startswith("All twelve systems need you today: ")
    assert headline.endswith("and nine more.")
    assert "Deterioration index (four areas)" in headline
    assert len(headline) < 200


def test_an_empty_portfolio_says_so(tmp_path):
    view = dashboard_view(paper_portfolio([]), Lake(UPath(tmp_path)), [], DAY, Links())
    assert view.headline.startswith("No system is monitored")


def test_broken_portfolio_entries_are_told(lake):
    broken = paper_portfolio(["no-show"]).model_copy(update={"problems": ("x.yaml:3: id: bad",)})
    page = render_dashboard(broken, lake, [], DAY, Links())
    assert "x.yaml:3: id: bad" in page


def test_the_gravest_performance_figure_stands_for_the_system(portfolio, tmp_path):
    lake = Lake(UPath(tmp_path))
    common = {"system": "no-show", "version": "1", "day": DAY, "as_of": DAY}
    figures = [
        make(common, Area.PERFORMANCE, "auroc", estimate=0.95, minimum=0.8),
        make(
            common, Area.PERFORMANCE, "sensitivity", operating_point="alert", estimate=0.5,
            minimum=0.8, verdict=Verdict.BREACH, reason="sensitivity at alert 0.5: below 0.8",
        ),
    ]  # fmt: skip
    write_figures(lake, Area.PERFORMANCE, "performance", "no-show", DAY, DAY, figures)
    row = rows(dashboard_view(portfolio, lake, [], DAY, Links()))["no-show"]
    assert row.main.title == "sensitivity at alert"
    assert row.main.value == "0.500"


def test_a_suppressed_figure_shows_no_number_anywhere(portfolio, lake):
    page = render_system_page(portfolio, lake, [], "lung-nodule-ct", DAY, Links())
    rows = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    pacific = [row for row in rows if "race Pacific Islander" in row]
    asian = [row for row in rows if "race Asian" in row]
    assert pacific and asian
    assert all("suppressed" in row and "not shown" in row for row in pacific + asian)
    assert "n 7)" not in page and ">90<" not in page
    assert "gap of race=Pacific Islander" not in page


def test_hostile_names_are_text_and_nothing_else(tmp_path):
    portfolio = paper_portfolio(
        ["no-show"], name=HOSTILE, vendor={"name": HOSTILE, "contact": '"><img src=x>'}
    )
    lake = paper_lake(tmp_path, portfolio, nights(2))
    bad = incident("INC-1", "no-show", "drift", DAY, summary=HOSTILE, severity="SEV1")
    for page in dashboard_pages(portfolio, lake, [bad], DAY).values():
        assert "<script" not in page
        assert "<img" not in page
        assert "\u202e" not in page


class Ids(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids = []
        self.targets = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if "id" in values:
            self.ids.append(values["id"])
        self.targets += [
            value for name, value in attrs if name in {"href", "src", "xlink:href"} and value
        ]


def test_pages_fetch_nothing_and_name_nothing_twice(few, lake):
    pages = dashboard_pages(few, lake, paper_incidents(), DAY)
    folder = f"dashboard/{DAY}/"
    assert set(pages) == {
        "dashboard/index.html", f"{folder}index.html", f"{folder}tally.json",
        *(f"{folder}{name}.html" for name in FEW)
    }  # fmt: skip
    for name, page in pages.items():
        found = Ids()
        found.feed(page)
        assert len(found.ids) == len(set(found.ids)), name
        assert not [target for target in found.targets if "//" in target], name
        inner = {target[1:] for target in found.targets if target.startswith("#")}
        assert inner <= set(found.ids), name


def test_the_same_lake_gives_the_same_bytes(lake):
    fresh, some = Lake(lake.root), paper_portfolio(["lung-nodule-ct", "length-of-stay"])
    first = dashboard_pages(some, lake, paper_incidents(), DAY)
    assert first == dashboard_pages(some, fresh, paper_incidents(), DAY)


def test_links_lead_to_dagster_and_the_desk(portfolio, lake):
    links = Links(dagster="http://dagster:3000/", incidents="https://desk.example/i")
    page = render_dashboard(portfolio, lake, paper_incidents(), DAY, links)
    key = "2026-03-30%7Clung-nodule-ct"
    assert f"http://dagster:3000/assets/performance?partition={key}" in page
    assert 'href="https://desk.example/i/INC-2026-0011"' in page


def test_the_index_lists_days_newest_first_by_month():
    days = [date(2026, 2, 28), date(2026, 3, 2), date(2026, 3, 1)]
    page = render_index({day: {} for day in days})
    order = re.findall(r"2026-\d\d-\d\d", page)
    assert order == ["2026-03-02", "2026-03-01", "2026-02-28"]
    assert page.index("March 2026") < page.index("February 2026")


def test_the_index_links_only_pages_that_exist_and_tallies_each_day(lake, tmp_path):
    portfolio = paper_portfolio(["lung-nodule-ct", "length-of-stay"])
    for name, page in dashboard_pages(portfolio, lake, [], DAY).items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
    index = (tmp_path / "dashboard/index.html").read_text(encoding="utf-8")
    linked = re.findall(r'href="(\d{4}-[^"]+)"', index)
    assert linked == [f"{DAY}/index.html"]
    assert "29 March 2026" in index
    assert "evaluated, no page was written" in index
    (tally,) = written_days(tmp_path).values()
    assert sum(tally.values()) == len(portfolio.monitored)
    assert f"breach: {tally[Verdict.BREACH]}" in re.sub(r"<[^>]+>", "", index)
    evening = DAY - timedelta(days=1)
    again = dashboard_pages(portfolio, lake, [], evening, written=written_days(tmp_path))
    assert set(re.findall(r'href="(\d{4}-[^"]+)"', again["dashboard/index.html"])) == {
        f"{DAY}/index.html",
        f"{evening}/index.html",
    }


def test_a_trend_for_dagster_is_a_small_image_without_suppressed_figures():
    common = {"system": "no-show", "version": "1"}
    figures = [
        make({**common, "day": day, "as_of": day}, Area.PERFORMANCE, "auroc", estimate=0.8)
        for day in nights(5)
    ]
    image = trend_markdown_image(figures)
    assert image.startswith("![AUROC, 28-day window, n = 800: 0.8 on 2026-03-26")
    assert len(image) < 40_000
    hidden = make({**common, "day": DAY, "as_of": DAY}, Area.BIAS, "auroc", suppressed=True)
    assert trend_markdown_image([hidden]) == "No figure to draw yet."


def test_a_page_written_later_tells_what_stood_that_morning(portfolio, tmp_path):
    morning = datetime(2026, 3, 31, 12, tzinfo=UTC)
    later = morning + timedelta(days=2)
    incidents = [
        incident("INC-1", "no-show", "drift", DAY, detected_at=later),
        incident(
            "INC-2", "no-show", "drift", DAY,
            status="closed", acknowledged_at=morning, resolved_at=later, closed_at=later,
            recovered_on=DAY + timedelta(days=2),
        ),
        incident("INC-3", "no-show", "drift", DAY, status="acknowledged", acknowledged_at=later),
        incident("INC-4", "no-show", "drift", DAY, recovered_on=DAY),
        incident("INC-5", "no-show", "drift", DAY, status="false alarm", acknowledged_at=later),
    ]  # fmt: skip
    stood = {
        each.id: (each.status, each.recovered_on)
        for each in as_read(incidents, DAY, portfolio.hospital.zone)
    }
    assert stood == {
        "INC-2": ("acknowledged", None),
        "INC-3": ("open", None),
        "INC-4": ("open", DAY),
        "INC-5": ("false alarm", None),
    }
    lake = paper_lake(tmp_path, portfolio, [DAY], "calm")
    view = dashboard_view(portfolio, lake, incidents, DAY, Links())
    assert [each.id for each in rows(view)["no-show"].incidents] == ["INC-2", "INC-3", "INC-4"]
    assert "passes again" not in str(rows(view)["no-show"].incidents[0].clocks)


def test_charts_name_only_fonts_and_weights_that_exist(portfolio, lake, caplog):
    render_system_page(portfolio, lake, [], "lung-nodule-ct", DAY, Links())
    assert not [each for each in caplog.messages if "findfont" in each]
