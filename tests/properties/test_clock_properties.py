from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_pipelines.clocks import (
    Anchor,
    BusinessCalendar,
    Clock,
    ClockState,
    Pause,
    Span,
    Unit,
    deadline,
    elapsed,
    holiday_names,
)

CHICAGO = BusinessCalendar("America/Chicago", "US", "IL")
BAVARIA = BusinessCalendar("Europe/Berlin", "DE", "BY", opens=time(0), closes=time(0))
CALENDARS = st.sampled_from([CHICAGO, BAVARIA])
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 31)).map(
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
HOURS = st.sampled_from([Unit.HOURS, Unit.BUSINESS_HOURS])
DAYS = st.sampled_from([Unit.WORK_DAYS, Unit.CALENDAR_DAYS])
AMOUNTS = st.integers(1, 60)


@st.composite
def pauses(draw: st.DrawFn) -> list[Pause]:
    starts = draw(st.lists(INSTANTS, max_size=3))
    return [Pause(at, at + timedelta(minutes=draw(st.integers(0, 20_000)))) for at in starts]


def chicago(*when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo("America/Chicago"))  # type: ignore[misc]


@given(INSTANTS, AMOUNTS, HOURS, CALENDARS, pauses())
@settings(deadline=None, max_examples=60)
def test_what_has_passed_at_the_deadline_is_the_span(anchor, amount, unit, calendar, stops) -> None:
    due = deadline(anchor, Span(amount, unit), calendar, stops)
    assert due is not None
    assert elapsed(anchor, due, unit, calendar, stops) == pytest.approx(amount, abs=1e-9)
    assert elapsed(anchor, due - timedelta(seconds=1), unit, calendar, stops) < amount


@given(INSTANTS, AMOUNTS, DAYS, CALENDARS, pauses())
@settings(deadline=None, max_examples=60)
def test_days_have_passed_at_their_end_and_not_before(
    anchor, amount, unit, calendar, stops
) -> None:
    due = deadline(anchor, Span(amount, unit), calendar, stops)
    assert due is not None
    assert elapsed(anchor, due, unit, calendar, stops) == amount
    assert elapsed(anchor, due - timedelta(seconds=1), unit, calendar, stops) == amount - 1


@given(INSTANTS, AMOUNTS, st.sampled_from(Unit), CALENDARS, pauses())
@settings(deadline=None, max_examples=60)
def test_a_pause_never_brings_a_deadline_nearer(anchor, amount, unit, calendar, stops) -> None:
    span = Span(amount, unit)
    plain = deadline(anchor, span, calendar)
    assert deadline(anchor, span, calendar, stops) >= plain
    assert deadline(anchor, Span(amount + 1, unit), calendar, stops) > plain


@given(INSTANTS, AMOUNTS, st.lists(st.booleans(), min_size=3, max_size=3))
@settings(deadline=None, max_examples=40)
def test_hours_are_pushed_back_by_exactly_the_time_paused(anchor, amount, used) -> None:
    stops = [
        Pause(anchor + timedelta(minutes=7 + 10 * i), anchor + timedelta(minutes=12 + 10 * i))
        for i, use in enumerate(used)
        if use
    ]
    due = deadline(anchor, Span(amount, Unit.HOURS), CHICAGO, stops)
    assert due == anchor + timedelta(hours=amount, minutes=5 * len(stops))


@given(st.dates(date(2025, 1, 1), date(2028, 12, 1)), st.integers(1, 40), CALENDARS)
@settings(deadline=None, max_examples=60)
def test_work_days_skip_weekends_and_holidays(day, count, calendar) -> None:
    counted, reached = 0, day
    while counted < count:
        reached += timedelta(days=1)
        holiday = reached in holiday_names(calendar.country, calendar.subdivision, reached.year)
        counted += reached.isoweekday() < 6 and not holiday
    assert calendar.add_work_days(day, count) == reached
    noon = datetime.combine(day, time(12), calendar.zone)
    assert deadline(noon, Span(count, Unit.WORK_DAYS), calendar) == calendar.end_of(reached)


def test_ten_work_days_over_independence_day() -> None:
    # Friday 3 July 2026 is the holiday of a Saturday 4 July.
    due = deadline(chicago(2026, 6, 25, 16), Span(10, Unit.WORK_DAYS), CHICAGO)
    assert due == chicago(2026, 7, 10, 23, 59, 59)


def test_hours_run_through_a_clock_change_in_absolute_time() -> None:
    spring = deadline(chicago(2026, 3, 7, 12), Span(24, Unit.HOURS), CHICAGO)
    autumn = deadline(chicago(2026, 10, 31, 12), Span(24, Unit.HOURS), CHICAGO)
    assert spring == chicago(2026, 3, 8, 13)
    assert autumn == chicago(2026, 11, 1, 11)
    day = deadline(chicago(2026, 3, 7, 12), Span(1, Unit.CALENDAR_DAYS), CHICAGO)
    assert day == chicago(2026, 3, 8, 23, 59, 59)


def test_business_hours_wait_for_the_morning_after_the_weekend() -> None:
    due = deadline(chicago(2026, 9, 25, 16), Span(3, Unit.BUSINESS_HOURS), CHICAGO)
    assert due == chicago(2026, 9, 28, 10)


def test_calendar_days_roll_over_a_holiday_only_when_told_to() -> None:
    anchor = chicago(2026, 12, 10, 9)
    assert deadline(anchor, Span(15, Unit.CALENDAR_DAYS), CHICAGO) == chicago(
        2026, 12, 25, 23, 59, 59
    )
    rolled = deadline(anchor, Span(15, Unit.CALENDAR_DAYS, rolls=True), CHICAGO)
    assert rolled == chicago(2026, 12, 28, 23, 59, 59)


def test_a_day_counts_unless_the_clock_stands_at_its_end() -> None:
    anchor, span = chicago(2026, 9, 21, 9), Span(3, Unit.WORK_DAYS)
    within = [Pause(chicago(2026, 9, 22, 9), chicago(2026, 9, 22, 20))]
    over_night = [Pause(chicago(2026, 9, 22, 9), chicago(2026, 9, 23, 8))]
    assert deadline(anchor, span, CHICAGO, within) == chicago(2026, 9, 24, 23, 59, 59)
    assert deadline(anchor, span, CHICAGO, over_night) == chicago(2026, 9, 25, 23, 59, 59)


@pytest.mark.parametrize("unit", list(Unit))
def test_a_pause_without_an_end_holds_the_deadline_off(unit: Unit) -> None:
    anchor = chicago(2026, 9, 21, 9)
    stands = [Pause(anchor + timedelta(minutes=1))]
    assert deadline(anchor, Span(2, unit), CHICAGO, stands) is None
    later = [Pause(anchor + timedelta(days=30))]
    assert deadline(anchor, Span(2, unit), CHICAGO, later) is not None


def test_a_clock_tells_in_time_from_late_and_overdue_from_paused() -> None:
    clock = Clock("acknowledge", Anchor.DETECTED, Span(4, Unit.HOURS))
    noon = chicago(2026, 9, 21, 12)
    events = {Anchor.DETECTED: noon}

    def state(hours: float, done: float | None = None, stops: tuple[Pause, ...] = ()) -> ClockState:
        at = None if done is None else noon + timedelta(hours=done)
        return clock.read(events, CHICAGO, noon + timedelta(hours=hours), at, stops).state

    assert clock.read({}, CHICAGO, noon).state is ClockState.NOT_STARTED
    assert state(1) is ClockState.RUNNING
    assert state(5) is ClockState.OVERDUE
    assert state(9, done=3) is ClockState.MET
    assert state(9, done=5) is ClockState.MISSED
    assert state(5, stops=(Pause(noon + timedelta(hours=1)),)) is ClockState.PAUSED


def test_what_makes_no_calendar_or_span_is_refused() -> None:
    for wrong in (
        lambda: BusinessCalendar("America/Chicago", "QQ"),
        lambda: BusinessCalendar("America/Chicago", "US", "XX"),
        lambda: BusinessCalendar("America/Chicago", "US", opens=time(9), closes=time(8)),
        lambda: BusinessCalendar("America/Chicago", "US", week=frozenset()),
        lambda: Span(-1, Unit.HOURS),
        lambda: Span(1.5, Unit.WORK_DAYS),
        lambda: Span(3, Unit.HOURS, rolls=True),
        lambda: Pause(datetime(2026, 1, 1)),
        lambda: Pause(chicago(2026, 1, 2), chicago(2026, 1, 1)),
        lambda: deadline(datetime(2026, 1, 1), Span(1, Unit.HOURS), CHICAGO),
    ):
        with pytest.raises(ValueError):
            wrong()
