import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from report_hospital import (
    DAY,
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
from aiops_pipelines.reports.quarterly.gather import Quarter, attainment, gather
from aiops_pipelines.reports.quarterly.incidents import incidents_section
from aiops_pipelines.reports.quarterly.obligations import sequential_alarms
from aiops_pipelines.reports.quarterly.report import quarterly_html, quarterly_view
from aiops_pipelines.reports.style import LOOKS
from aiops_pipelines.verdict import Verdict

QUARTER = Quarter(date(2026, 1, 1), date(2026, 3, 31), date(2026, 3, 31))


@pytest.fixture(scope="module")
def portfolio():
    return paper_portfolio()


@pytest.fixture(scope="module")
def lake(portfolio, tmp_path_factory):
    return paper_lake(tmp_path_factory.mktemp("quarter"), portfolio, nights(3))


@pytest.fixture(scope="module")
def view(portfolio, lake):
    return quarterly_view(portfolio, lake, paper_incidents(), QUARTER)


@pytest.fixture(scope="module")
def page(portfolio, lake):
    return quarterly_html(portfolio, lake, [], QUARTER)


def section(view, name):
    return next(part for part in (*view.sections, *view.appendix) if part.id == name)


def row(table, name):
    return next(cells for cells in table.rows if cells[0] == name)


def test_the_summary_names_what_is_in_breach_and_what_is_not_known(view):
    assert view.headline == (
        "Three of twelve monitored AI systems are in breach of a limit: Lung nodule detection, CT, "
        "Sepsis early warning and Ambient documentation quality."
    )
    assert view.details[0] == (
        "Performance could be measured on mature labels for 10 of 12; of the others this report "
        "cannot say whether they work."
    )


def test_decisions_come_by_risk_tier_and_cover_breach_blindness_and_reviews(view):
    asked = [*view.decisions, *view.more_decisions]
    assert [item.tier for item in asked] == sorted(item.tier for item in asked)
    questions = {item.question for item in asked}
    assert "Claim the remedy of clause-1 from Lung Analytics Inc.?" in questions
    assert "Go on, restrict its use, or pause it until the cause is found?" in questions
    assert "Pay for more labels, or accept that its performance is unknown?" in questions
    assert "Hold the overdue reviews: when?" in questions


def test_a_quarter_without_evaluation_says_that_nothing_is_known(portfolio, tmp_path):
    view = quarterly_view(portfolio, Lake(UPath(tmp_path)), [], QUARTER)
    assert view.headline.startswith("None of twelve monitored AI systems was evaluated")
    assert "Nothing at all about" in section(view, "limits").points[0]
    assert "all clear" not in view.headline


def test_a_calm_quarter_is_told_as_such(tmp_path):
    portfolio = paper_portfolio(["no-show", "falls-risk"])
    calm = paper_lake(tmp_path, portfolio, [DAY], mood="calm")
    view = quarterly_view(portfolio, calm, [], QUARTER)
    assert view.headline.startswith("None of two monitored AI systems is in breach")
    one = quarterly_view(paper_portfolio(["no-show"]), calm, [], QUARTER).headline
    assert one.startswith(
        "The one monitored AI system, Clinic no-show prediction, is not in breach"
    )


def test_a_breach_earlier_in_the_quarter_is_not_forgotten(tmp_path):
    portfolio = paper_portfolio(["no-show"])
    lake = paper_lake(tmp_path, portfolio, [DAY - timedelta(days=1)], mood="red")
    paper_lake(tmp_path, portfolio, [DAY], mood="calm")
    view = quarterly_view(portfolio, lake, [], QUARTER)
    assert view.details[0] == (
        "In breach earlier in the quarter, not at its end: Clinic no-show prediction."
    )
    claim = view.decisions[0]
    assert claim.question.startswith("Claim the remedy of clause-1")
    assert claim.ground.startswith("In breach on 1 of 2 nights judged")
    assert section(view, "contracts").tables[0].rows[0][3] == "3,000.00 USD"


def test_what_was_evaluated_later_than_the_report_is_not_in_it(portfolio, tmp_path):
    lake = paper_lake(tmp_path, paper_portfolio(["no-show"]), [DAY], mood="calm")
    common = {"system": "no-show", "version": "1", "day": DAY, "as_of": DAY + timedelta(days=20)}
    late = make(common, Area.PERFORMANCE, "auroc", estimate=0.4, verdict=Verdict.BREACH)
    write_figures(lake, Area.PERFORMANCE, "performance", "no-show", DAY, late.as_of, [late])
    one = paper_portfolio(["no-show"])
    then = gather(one, lake, QUARTER)[0]
    now = gather(one, lake, Quarter(QUARTER.start, QUARTER.end, date(2026, 5, 1)))[0]
    assert then.areas[Area.PERFORMANCE].verdict is Verdict.OK
    assert now.areas[Area.PERFORMANCE].verdict is Verdict.BREACH


def test_nights_with_too_little_data_are_no_attainment(tmp_path):
    lake = Lake(UPath(tmp_path))
    verdicts = [Verdict.OK, Verdict.INSUFFICIENT_DATA, Verdict.BREACH, Verdict.WARN]
    for day, verdict in zip(nights(4), verdicts, strict=True):
        common = {"system": "no-show", "version": "1", "day": day, "as_of": day}
        figure = make(common, Area.SLA, "auroc", clause="clause-1", verdict=verdict)
        write_figures(lake, Area.SLA, "sla_evaluation", "no-show", day, day, [figure])
    table = gather(paper_portfolio(["no-show"]), lake, QUARTER)[0].tables[Area.SLA]
    assert attainment(table, "clause-1") == (2, 3)
    assert attainment(table, "another") == (0, 0)


def test_times_to_acknowledge_and_resolve_are_medians_of_what_is_done(view):
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def taken_up(number, hours, resolved=None, **fields):
        base = incident(f"INC-2026-{number}", "no-show", "drift", date(2026, 3, 1), **fields)
        return replace(
            base, detected_at=start, acknowledged_at=hours and start + timedelta(hours=hours),
            resolved_at=resolved and start + timedelta(hours=resolved),
            acknowledge_by=start + timedelta(hours=4), resolve_by=start + timedelta(days=3),
        )  # fmt: skip

    harm = {"ahrq_class": "near miss"}
    told = incidents_section(
        QUARTER,
        [
            taken_up(1, 1, 24), taken_up(2, 3, 48), taken_up(3, 9, 24), taken_up(4, None),
            taken_up(5, 2, 200, safety=harm),
        ],
        {},
    )  # fmt: skip
    assert told.tables[0].rows == (
        ("near miss", "1", "2 h (n 1)", "8 days 8 h (n 1)", "1"),
        ("no report of harm", "4", "3 h (n 3, 1 not yet)", "1 day (n 3, 1 not yet)", "2"),
    )


def test_an_alarm_counts_once_an_episode_and_only_with_sequential_evidence(tmp_path):
    lake = Lake(UPath(tmp_path))
    course = [Verdict.OK, Verdict.BREACH, Verdict.BREACH, Verdict.WARN, Verdict.BREACH]
    for day, verdict in zip(nights(5), course, strict=True):
        common = {"system": "no-show", "version": "1", "day": day, "as_of": day}
        figures = [
            make(common, Area.PERFORMANCE, "auroc", verdict=verdict, log_e_value=1.0),
            make(common, Area.PERFORMANCE, "brier", verdict=Verdict.BREACH),
        ]
        write_figures(lake, Area.PERFORMANCE, "performance", "no-show", day, day, figures)
    each = gather(paper_portfolio(["no-show"]), lake, QUARTER)[0]
    assert sequential_alarms(each) == (1, 2)


def test_a_version_that_the_portfolio_does_not_know_is_reported(tmp_path):
    lake = Lake(UPath(tmp_path))
    common = {"system": "no-show", "version": "9.9-beta", "day": DAY, "as_of": DAY}
    figure = make(common, Area.INTEGRITY, "volume")
    write_figures(lake, Area.INTEGRITY, "predictions", "no-show", DAY, DAY, [figure])
    view = quarterly_view(paper_portfolio(["no-show"]), lake, [], QUARTER)
    assert any("version 9.9-beta" in item.ground for item in view.decisions)
    assert any("version 9.9-beta" in cells for cells in section(view, "changes").tables[0].rows)


def test_the_status_table_has_every_systems_verdict_in_every_area(view):
    table = section(view, "status").tables[0]
    assert row(table, "Sepsis early warning") == (
        "Sepsis early warning",
        *(LOOKS[Verdict.BREACH if area is Area.DRIFT else Verdict.OK] for area in Area),
    )


def test_suppressed_subgroups_have_no_number_in_the_report(page):
    assert "Pacific Islander" not in page
    assert "race Asian" not in page


def test_the_appendix_gives_the_hash_of_every_file_behind_the_last_night(view, lake):
    rows = section(view, "lineage").tables[0].rows
    assert len(rows) == 12 * len(Area) - 4
    record = lake.digest("performance", "no-show", DAY)
    assert (f"performance/no-show/{DAY}", str(record.rows), record.sha256[:32]) in rows


def test_the_same_inputs_give_the_same_page(portfolio, lake, page):
    assert page == quarterly_html(portfolio, Lake(lake.root), [], QUARTER)


def test_hostile_names_are_text_in_the_report(tmp_path):
    name = "<script>x</script>\u202e{{ 7*7 }}"
    portfolio = paper_portfolio(["no-show"], name=name)
    lake = paper_lake(tmp_path, portfolio, [DAY])
    page = quarterly_html(portfolio, lake, [], QUARTER)
    assert "<script" not in page
    assert "{{ 7*7 }}" in page
    assert "\u202e" not in page


def test_every_column_of_every_table_has_a_width_that_adds_up(view):
    for part in (*view.sections, *view.appendix):
        for table in part.tables:
            if table.widths:
                assert len(table.widths) == len(table.columns), table.caption
                total = sum(float(width.removesuffix("%")) for width in table.widths)
                assert total == pytest.approx(100, abs=0.7), table.caption
            assert all(len(cells) == len(table.columns) for cells in table.rows), table.caption


def test_headings_skip_no_level(page):
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
