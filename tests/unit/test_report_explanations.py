"""Why a figure is off and how complete labels are, as pages say it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from report_hospital import DAY, make, nights, paper_lake, paper_portfolio

from aiops_pipelines.evaluation.explanation import Explanation, write_explanations
from aiops_pipelines.evaluation.label_delay import TABLE
from aiops_pipelines.evaluation.status import latest_figures, system_status
from aiops_pipelines.evaluation.store import write_beside, write_figures
from aiops_pipelines.portfolio import Area
from aiops_pipelines.reports import Links, render_dashboard, render_system_page
from aiops_pipelines.reports.labels_view import label_days
from aiops_pipelines.reports.prose import prose
from aiops_pipelines.reports.quarterly.gather import Quarter, gather
from aiops_pipelines.reports.quarterly.why import why_section
from aiops_pipelines.reports.why_view import change_events, why_views
from aiops_pipelines.verdict import Verdict

ID = "lung-nodule-ct"
PERF, WARN = "performance", Verdict.WARN.gravity


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
    assert told["Where"] == ("site Tiny: too few cases to say",)


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


PARTS = [
    row("part", "total", "error: +0.074", n=2234, estimate=0.074, low=0.048, high=0.1),
    row("part", "mix_new", "of it by mix: -0.004", n=2234, estimate=-0.004, low=-0.01, high=0.003),
    row("part", "concept", "of it by concept: +0.078", n=2234, estimate=0.078, low=0.05, high=0.1),
]


def why_table(portfolio, lake, known_by=DAY):
    quarter = Quarter(date(2026, 1, 1), date(2026, 3, 31), known_by)
    (table,) = why_section(lake, quarter, gather(portfolio, lake, quarter)).tables
    return {cells[1]: cells[3] for cells in table.rows}


def test_the_report_says_why_of_every_breach_and_warning(portfolio, tmp_path):
    lake = paper_lake(tmp_path, portfolio, nights(2), "red")
    write_explanations(lake, ID, DAY, DAY, [*ROWS, *PARTS])
    told = why_table(portfolio, lake)
    status = system_status(portfolio.system(ID), lake, DAY)
    off = {str(a) for a, each in status.areas.items() if each.verdict.gravity >= WARN}
    assert off == set(told) and len(off) >= 4
    for area, each in status.areas.items():
        for figure in each.figures[:3]:
            if figure.verdict.gravity >= WARN and figure.may_be_shown:
                assert prose(figure.reason, portfolio.system(ID))[1:] in told[str(area)]
    assert "Behind sensitivity at alert: errors: 0.03 before, 0.11 after (n = 900)." in told[PERF]
    assert (
        "What moved most: concept (the same cases fare differently), +0.078 (+0.050 to +0.100) of "
        "a change of +0.074 (+0.048 to +0.100) since the reference (n = 2,234)." in told[PERF]
    )
    assert "Where: site Tiny: too few cases to say." in told[PERF]
    assert "0.431" not in " ".join(told.values())
    assert "Near it: 10 March 2026: other scanner: 5 of 5." in told[PERF]


def test_the_report_explains_as_known_on_its_day(portfolio, tmp_path):
    lake = paper_lake(tmp_path, portfolio, nights(1), "red")
    write_explanations(lake, ID, DAY, DAY, ROWS)
    later = DAY + timedelta(days=3)
    rows = [replace(f, as_of=later) for f in latest_figures(lake, Area.PERFORMANCE, ID, DAY)]
    write_figures(lake, Area.PERFORMANCE, "performance", ID, DAY, later, rows)
    corrected = replace(ROWS[0], as_of=later, text="errors: 0.03 before, 0.22 after")
    write_explanations(lake, ID, DAY, later, [corrected])
    assert "0.11 after" in why_table(portfolio, lake)[PERF]
    assert "0.22 after" in why_table(portfolio, lake, later)[PERF]


def test_a_calm_quarter_has_nothing_to_explain(portfolio, tmp_path):
    assert why_table(portfolio, paper_lake(tmp_path, portfolio, nights(1), "calm")) == {}
