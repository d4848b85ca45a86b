from datetime import UTC, date, datetime

import numpy as np
import pytest
from night_hospital import EXAMPLE, REFERENCE_DAYS, Night, rule_like, system_like
from report_hospital import DAY, incident, paper_lake, paper_portfolio

from aiops_pipelines.incidents import Restriction
from aiops_pipelines.portfolio import Area, read_portfolio
from aiops_pipelines.reports import Links, render_dashboard, render_system_page
from aiops_pipelines.reports.reliability import curve_points, reliability_view
from aiops_pipelines.statistics import Histogram

LAST = REFERENCE_DAYS + 6


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    base = system_like("falls-risk")
    system = base.model_copy(update={"truth": rule_like(base, mature_after_days=1)})
    night = Night(tmp_path_factory.mktemp("night"), system, cases=80)
    night.fill(0, LAST)
    night.evaluate(Area.PERFORMANCE, LAST)
    return night


def test_the_system_page_draws_reliability_from_mature_days(night):
    book = read_portfolio(EXAMPLE).model_copy(update={"systems": (night.system,), "problems": ()})
    day = night.day(LAST)
    view = reliability_view(night.lake, night.system, day)
    assert "groups of neighbouring scores, n " in view.caption
    page = render_system_page(book, night.lake, [], night.system.id, day, Links())
    assert view.caption in page
    assert "predicted, " in page


def test_no_reliability_is_drawn_from_a_partly_verified_sample(night):
    partial = night.system.model_copy(
        update={"truth": night.system.truth.model_copy(update={"scheme": "partial"})}
    )
    view = reliability_view(night.lake, partial, night.day(LAST))
    assert (view.svg, view.caption[:9]) == ("", "Not drawn")


def test_groups_of_a_reliability_curve_hold_no_count_under_eleven():
    rng = np.random.default_rng(3)
    score = rng.beta(1, 12, 4_000)
    label = rng.random(4_000) < score
    histogram = Histogram.from_cases(score, label.astype(float), np.linspace(0.01, 0.99, 99))
    points = curve_points(histogram)
    assert sum(point.n for point in points) == 4_000
    assert [point.x for point in points] == sorted(point.x for point in points)
    for point in points:
        events = round(point.y * point.n)
        assert min(events, point.n - events) >= 11
        assert point.low <= point.y <= point.high


def test_a_paused_system_is_marked_on_both_pages(tmp_path):
    portfolio = paper_portfolio(["no-show"])
    lake = paper_lake(tmp_path, portfolio, [DAY], mood="calm")
    pause = Restriction(
        "INC-2026-0007", "no-show", "pause", datetime(2026, 3, 30, 9, tzinfo=UTC), "Chief", "wrong"
    )
    later = Restriction(
        "INC-2026-0009", "no-show", "pause", datetime(2026, 4, 30, 9, tzinfo=UTC), "Chief", "later"
    )
    text = "since 30 March 2026 by Chief (INC-2026-0007): wrong"
    for page in (
        render_dashboard(portfolio, lake, [], DAY, Links(), [pause, later]),
        render_system_page(portfolio, lake, [], "no-show", DAY, Links(), [pause, later]),
    ):
        assert text in page
        assert "paused" in page
        assert "INC-2026-0009" not in page


def test_an_incident_without_a_desk_to_link_to_leads_to_its_place_on_the_systems_page(tmp_path):
    portfolio = paper_portfolio(["no-show"])
    lake = paper_lake(tmp_path, portfolio, [DAY], mood="calm")
    late = incident("INC-2026-0007", "no-show", "drift", date(2026, 3, 29))
    dashboard = render_dashboard(portfolio, lake, [late], DAY, Links())
    page = render_system_page(portfolio, lake, [late], "no-show", DAY, Links())
    assert 'href="no-show.html#INC-2026-0007"' in dashboard
    assert 'id="INC-2026-0007"' in page
