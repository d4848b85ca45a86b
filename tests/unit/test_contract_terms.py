"""Service clauses, claims, notice and remedies: what a contract says beside its rates."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from contract_hospital import CLAUSE, START, Cases, contract, system
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from upath import UPath

from aiops_pipelines.clocks import Anchor, BusinessCalendar
from aiops_pipelines.contracts.claims import cases_counted, claimed_at
from aiops_pipelines.contracts.notice import notice_row
from aiops_pipelines.contracts.remedies import credit_of, entitlement
from aiops_pipelines.contracts.service import (
    response_hours,
    service_figure,
    uptime,
)
from aiops_pipelines.feeds.service_events import read_service_events
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Claim, ServiceClause
from aiops_pipelines.portfolio.entry import Version
from aiops_pipelines.portfolio.feed import CsvFeed
from aiops_pipelines.schema import SERVICE_EVENTS
from aiops_pipelines.statistics import FlagCounts, percentile
from aiops_pipelines.verdict import Verdict

CHICAGO = BusinessCalendar("America/Chicago", "US", "IL")
DAY = date(2026, 9, 21)


def local(day: date, hour: float) -> datetime:
    return CHICAGO.start_of(day) + timedelta(hours=hour)


def events(*rows: tuple[str, float], day: date = DAY, ticket: str | None = None) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"event": event, "at": local(day, hour), "seconds": None, "ticket": ticket}
            for event, hour in rows
        ],
        schema=SERVICE_EVENTS,
    )


def test_planned_maintenance_is_left_out_of_availability() -> None:
    table = events(
        ("up", 0), ("maintenance begins", 2), ("down", 3), ("maintenance ends", 4), ("up", 5)
    )
    found = uptime({DAY: table}, DAY, DAY, CHICAGO)
    assert (found.planned, found.owed, found.down) == (120, 22 * 60, 60)
    assert found.estimate.value == pytest.approx(21 / 22)
    assert found.estimate.n == 22 * 60


def test_an_outage_goes_on_over_midnight_until_somebody_says_up() -> None:
    next_day = DAY + timedelta(days=1)
    days = {DAY: events(("down", 23)), next_day: events(("up", 1), day=next_day)}
    assert uptime(days, DAY, next_day, CHICAGO).down == 120


def test_what_went_down_before_the_window_is_down_in_it() -> None:
    eve = DAY - timedelta(days=1)
    days = {DAY: events(("up", 6))}
    before = [events(("down", 12), day=eve)]
    assert uptime(days, DAY, DAY, CHICAGO, before).down == 6 * 60


def test_what_was_down_when_nobody_watched_is_not_up_until_an_event_says_so() -> None:
    unwatched, last = DAY + timedelta(days=1), DAY + timedelta(days=2)
    days = {DAY: events(("down", 12)), last: events(("up", 18), day=last)}
    found = uptime(days, DAY, last, CHICAGO)
    assert unwatched not in days
    assert (found.down, found.owed) == (12 * 60, 24 * 60 + 6 * 60)
    assert found.unobserved == 24 * 60 + 18 * 60


def test_a_day_of_a_clock_change_has_its_own_length() -> None:
    spring = date(2026, 3, 8)
    assert uptime({spring: events(("up", 0), day=spring)}, spring, spring, CHICAGO).owed == 23 * 60


@pytest.mark.parametrize(
    ("hours_down", "days_watched", "verdict"),
    [
        (0, 10, Verdict.OK),
        (0, 5, Verdict.INSUFFICIENT_DATA),
        (10, 10, Verdict.BREACH),
        (1, 5, Verdict.WARN),
        (0, 0, Verdict.INSUFFICIENT_DATA),
    ],
)
def test_minutes_nobody_watched_are_no_pass_and_no_breach(
    tmp_path, hours_down, days_watched, verdict
) -> None:
    promise = {"id": "up", "text": "Up.", "measure": "availability", "minimum": 0.995}
    clause = ServiceClause.model_validate(promise | {"window_days": 10})
    lake, of = Lake(UPath(tmp_path)), system()
    for back in range(days_watched):
        day = DAY - timedelta(days=back)
        rows = [("up", 0.0)] if back else [("up", 0.0), ("down", 5.0), ("up", 5.0 + hours_down)]
        lake.write("service_events", of.id, day, events(*rows, day=day), day)
    figure = service_figure(lake, of, clause, CHICAGO, DAY, DAY)
    assert figure.verdict is verdict, figure.reason


@given(st.integers(1, 400), st.floats(0.05, 0.95))
def test_an_order_statistic_lies_within_its_interval(n: int, share: float) -> None:
    found = percentile(list(range(n)), share)
    assert found.value is not None
    assert found.low is None or found.low <= found.value
    assert found.high is None or found.high >= found.value


def test_the_interval_of_a_median_of_ten_is_the_textbooks() -> None:
    # The 2nd and 9th of ten cover the median with 97.9% (Hahn & Meeker, 1991).
    found = percentile(list(range(1, 11)), 0.5)
    assert (found.low, found.value, found.high) == (2, 5, 9)


def test_support_counts_business_hours_and_tickets_left_lying() -> None:
    friday = date(2026, 9, 18)
    over = events(("ticket opened", 16), day=friday, ticket="T1")
    answered = events(("ticket answered", 9), day=DAY, ticket="T1")
    lying = events(("ticket opened", 8), day=friday, ticket="T2")
    fresh = events(("ticket opened", 16), day=DAY, ticket="T3")
    hours = response_hours([over, lying, answered, fresh], CHICAGO, local(DAY, 17), limit=8)
    assert sorted(hours) == [2, 18]


def test_bad_service_rows_are_named_and_the_others_kept(tmp_path) -> None:
    feed = CsvFeed.model_validate(
        {
            "kind": "csv",
            "path": "s/{day}.csv",
            "settle_seconds": 0,
            "columns": {name: name for name in ("event", "at", "seconds", "ticket")},
        }
    )
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / f"{DAY}.csv").write_text(
        "event,at,seconds,ticket\n"
        f"up,{DAY} 00:01:00,,\n"
        f"exploded,{DAY} 01:00:00,,\n"
        "down,yesterday,,\n"
        f"latency,{DAY} 02:00:00,soon,\n"
        f"latency,{DAY} 02:00:00,3.5,\n"
        f"ticket opened,{DAY} 03:00:00,,Mrs Smith called\n"
    )
    batch = read_service_events(system(service=feed), DAY, UPath(tmp_path))
    assert batch.table["event"].to_pylist() == ["up", "latency"]
    rules = dict(
        zip(batch.quarantine["row"].to_pylist(), batch.quarantine["rule"].to_pylist(), strict=True)
    )
    assert rules == {
        3: "unknown service event",
        4: "time unreadable",
        5: "latency without a number of seconds",
        7: "ticket without a plain number",
    }
    assert "Smith" not in str(batch.quarantine.to_pylist()) + str(batch.table.to_pylist())


def test_a_credit_shows_its_working() -> None:
    terms = contract()
    for estimate, percent, amount in ((0.09, 0, "0"), (0.12, 5, "1500"), (0.28, 10, "3000")):
        credit = credit_of(terms, terms.clauses[0], estimate)
        assert (credit.percent, credit.amount) == (percent, Decimal(amount))
    assert credit.working == (
        "10% (schedule: 0.28 is above 0.15) of one quarter's fee, 120,000.00 / 4 = 30,000.00 USD: "
        "3,000.00 USD"
    )


def test_the_cure_period_skips_holidays_and_then_the_right_to_terminate_arises() -> None:
    terms = contract()
    since = date(2026, 8, 27)  # known on Friday 28 August; Labor Day is 7 September
    ends = local(date(2026, 9, 14), 23.999)
    before = entitlement(terms, terms.clauses[0], 0.2, since, ends, CHICAGO)
    after = entitlement(terms, terms.clauses[0], 0.2, since, ends + timedelta(hours=1), CHICAGO)
    assert before.cure_by is not None
    assert CHICAGO.local_day(before.cure_by) == date(2026, 9, 14)
    assert (before.termination, after.termination) == (False, True)
    assert "ends with 2026-09-14" in before.working
    assert "ended with 2026-09-14" in after.working


def test_a_cure_period_from_the_vendors_acknowledgement_waits_for_it() -> None:
    remedy = {"service_credit_percent": 5, "cure_days": 10, "cure_from": "acknowledged"}
    terms = contract(clauses=[{**CLAUSE, "remedy": remedy}])
    now = datetime(2026, 9, 1, tzinfo=UTC)
    waiting = entitlement(terms, terms.clauses[0], 0.2, date(2026, 8, 3), now, CHICAGO)
    assert waiting.cure_by is None
    known = {Anchor.ACKNOWLEDGED: local(date(2026, 8, 6), 10)}
    running = entitlement(terms, terms.clauses[0], 0.2, date(2026, 8, 3), now, CHICAGO, known)
    # The tenth day is Sunday 16 August, so the period ends with Monday.
    assert running.cure_by is not None
    assert CHICAGO.local_day(running.cure_by) == date(2026, 8, 17)


def test_a_ppv_is_claimed_at_the_local_prevalence() -> None:
    claim = Claim(
        metric="ppv",
        operating_point="alert",
        sensitivity=0.9,
        n_positive=400,
        specificity=0.8,
        n_negative=1000,
        margin=0.05,
        source="study",
    )
    common, rare = claimed_at(claim, 0.5), claimed_at(claim, 0.05)
    assert common.value == pytest.approx(0.9 * 0.5 / (0.9 * 0.5 + 0.2 * 0.5))
    assert rare.value == pytest.approx(0.9 * 0.05 / (0.9 * 0.05 + 0.2 * 0.95))
    assert rare.low is not None and rare.high is not None
    assert rare.low < rare.value < rare.high
    assert claimed_at(claim, None).value is None


STEP = {"beyond": 0.2, "percent": 5}
SECOND = {"version": "2.0", "from": "2026-03-20"}
NOTICED = Version.model_validate(SECOND | {"announced": "2026-02-10"})
SHORT = Version.model_validate(SECOND | {"announced": "2026-03-19"})
FIRST = Version.model_validate({"version": "1.0", "from": "2026-03-02"})


@pytest.mark.parametrize(
    ("versions", "seen", "verdict"),
    [
        ((FIRST,), "1.0", Verdict.OK),
        ((FIRST, NOTICED), "2.0", Verdict.OK),
        ((FIRST, SHORT), "2.0", Verdict.BREACH),
        ((FIRST,), "2.0", Verdict.BREACH),
        ((FIRST,), None, Verdict.INSUFFICIENT_DATA),
    ],
)
def test_a_version_nobody_announced_breaches_the_duty_of_notice(
    tmp_path, versions, seen, verdict
) -> None:
    cases = Cases(tmp_path, system(versions=versions))
    terms, last = cases.system.contract, START + timedelta(days=20)
    assert terms is not None
    for number in range(21):
        cases.day(number, 0, 2, version=seen if seen is None or number > 17 else "1.0")
    row = notice_row(cases.lake, cases.system, terms, last)
    assert row.verdict is verdict, row.reason
    before = cases.ledger_bytes()
    assert notice_row(cases.lake, cases.system, terms, last) == row
    assert cases.ledger_bytes() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"minimum": 0.05}, "promises one thing"),
        ({"stratum": "female"}, "should match pattern"),
        ({"metric": "auroc", "operating_point": None, "evidence": "proof"}, "fits the rates only"),
        ({"remedy": {"schedule": [STEP], "service_credit_percent": 1}}, "not both"),
        ({"remedy": {"schedule": [STEP, {"beyond": 0.1, "percent": 9}]}}, "away from the limit"),
        ({"grace": 3}, "Extra inputs"),
    ],
)
def test_a_clause_that_cannot_be_judged_is_refused(change, words) -> None:
    with pytest.raises(ValidationError, match=words):
        contract(clauses=[{**CLAUSE, **change}])


@pytest.mark.parametrize(
    ("metric", "n"), [("sensitivity", 7), ("specificity", 493), ("ppv", 104), ("npv", 396)]
)
def test_a_claim_rests_on_the_cases_that_count_for_it(metric: str, n: int) -> None:
    counts = FlagCounts(
        flagged_positive=4,
        flagged_negative=100,
        flagged_unlabelled=0,
        unflagged_positive=3,
        unflagged_negative=393,
        unflagged_unlabelled=2000,
    )
    assert cases_counted(counts, metric) == n
