"""Why a figure is off and how complete labels are, as pages say it."""

from datetime import date, timedelta

import pytest
from report_hospital import DAY, make, nights, paper_lake, paper_portfolio

from aiops_pipelines.evaluation.explanation import Explanation, write_explanations
from aiops_pipelines.evaluation.label_delay import TABLE
from aiops_pipelines.evaluation.store import write_beside
from aiops_pipelines.portfolio import Area
from aiops_pipelines.reports import Links, render_dashboard, render_system_page
from aiops_pipelines.reports.labels_view import label_days
from aiops_pipelines.reports.why_view import change_events, why_views

ID = "lung-nodule-ct"


def row(kind, name, text, **fields):
    return Explanation(
        system=ID, metric="sensitivity", operating_point="alert", day=DAY, as_of=DAY,
        kind=kind, name=name, text=text, **fields,
    )  # fmt: skip


ROWS = [
    row("change", "errors", "errors: 0.03 before, 0.11 after", n=900, changed_on=date(2026, 3, 14)),
    row("slice", "site=Tiny", "site=Tiny adds +0.431 to it", n=4, suppressed=True),
    row("event", "2026-03-10", "2026-03-10: other scanner: 5 of 5", first_day=date(2026, 3, 10)),
]


@pytest.fixture
def portfolio():
    return paper_portfolio([ID])


def test_small_groups_are_named_without_a_number():
    (view,) = why_views(ROWS)
    told = dict(view.parts)
    assert told["When"] == ("errors: 0.03 before, 0.11 after (n = 900)",)
    assert told["Where"] == ("site=Tiny: too few cases to say",)


def test_the_change_and_events_near_it_stand_on_the_trends_axis():
    common = {"system": ID, "version": "1", "day": DAY, "as_of": DAY}
    figure = make(common, Area.PERFORMANCE, "sensitivity", operating_point="alert")
    other = make(common, Area.PERFORMANCE, "auroc")
    events = change_events(ROWS, figure)
    assert [event.day for event in events] == [date(2026, 3, 10), date(2026, 3, 14)]
    assert events[1].text == "change"
    assert change_events(ROWS, other) == ()


def test_the_page_says_why_and_the_dashboard_what_is_estimated(portfolio, tmp_path):
    lake = paper_lake(tmp_path, portfolio, nights(2), "red")
    write_explanations(lake, ID, DAY, DAY, ROWS)
    page = render_system_page(portfolio, lake, [], ID, DAY, Links())
    assert "Why it is off" in page
    assert "0.431" not in page
    assert "streams of evidence stand portfolio-wide" in render_dashboard(
        portfolio, lake, [], DAY, Links()
    )


def test_the_completeness_of_labels_gives_no_small_count_away(portfolio, tmp_path):
    lake = paper_lake(tmp_path, portfolio, [DAY])
    rows = []
    for back, (n, came) in enumerate([(200, 60), (200, 195), (200, 3), (8, 8), (0, 0)], start=1):
        day = DAY - timedelta(days=back)
        common = {"system": ID, "version": "1", "day": DAY, "as_of": DAY}
        share = None if n == 0 else came / n
        bounds = {} if share is None else {"low": share * 0.9, "high": min(1.0, share * 1.1)}
        rows.append(
            make(
                common, Area.INTEGRITY, "labels_of_day", feature=day.isoformat(), n=n,
                n_positive=came, estimate=share, baseline=0.5, asset="labels", **bounds,
            )
        )  # fmt: skip
    write_beside(lake, TABLE, ID, DAY, DAY, rows)
    shown = [each.share for each in label_days(lake, portfolio.system(ID), DAY)]
    assert shown == ["30%", "nearly all", "hardly any", "suppressed", "no case"]
