"""The desk keeps each episode once, on SQLite and on PostgreSQL, whatever crashes or repeats."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.database import Base, open_engine
from aiops_pipelines.database.engine import VERSION_TABLE
from aiops_pipelines.incidents import CheckOutcome, IncidentChange, IncidentDesk, Roster
from aiops_pipelines.portfolio import RiskTier

START = date(2026, 9, 1)
TIERS = {"sepsis": RiskTier.CRITICAL, "no-show": RiskTier.MODERATE}
ROSTER = Roster(
    calendar=BusinessCalendar("America/Chicago", "US"),
    tiers=TIERS,
    owners={"sepsis": {"technical": "Clinical analytics"}, "no-show": {"technical": "Revenue"}},
)


def outcome(offset: int, passed: bool, *, number: int = 0, system: str = "sepsis") -> CheckOutcome:
    day = START + timedelta(days=offset)
    return CheckOutcome(
        system=system,
        check="performance_limits",
        area="performance",
        day=day,
        as_of=day,
        evaluated_at=datetime(day.year, day.month, day.day, 7, tzinfo=UTC) + timedelta(days=1),
        passed=passed,
        severity="error",
        summary="AUROC below its limit",
        evidence={"run_id": "r"},
        evaluation_id=number or offset + 1,
    )


@pytest.fixture
def desk(database: str) -> IncidentDesk:
    made = IncidentDesk(database)
    made.migrate()
    return made


def record(desk: IncidentDesk, *outcomes: CheckOutcome) -> list[IncidentChange]:
    last = str(max(each.evaluation_id for each in outcomes))
    return desk.record(outcomes, ROSTER, source="test", cursor=last)


def kinds(desk: IncidentDesk, incident: str) -> list[str]:
    return [entry.kind for entry in desk.get(incident).timeline]


def test_failing_days_are_one_episode_and_recovery_waits_for_a_person(desk: IncidentDesk) -> None:
    record(desk, *(outcome(day, passed=day == 3) for day in range(4)))
    [incident] = desk.list()
    assert incident.id == "INC-2026-0001"
    assert incident.severity == "SEV1" and incident.owner == "Clinical analytics"
    assert incident.status == "open" and incident.recovered_on == START + timedelta(days=3)
    assert kinds(desk, incident.id) == ["opened", "failed again", "failed again", "recovered"]


def test_the_same_outcomes_again_change_nothing(desk: IncidentDesk) -> None:
    days = [outcome(day, passed=False) for day in range(5)]
    record(desk, *days)
    before = [desk.get(each.id) for each in desk.list()]
    assert record(desk, *days) == []
    assert (
        record(desk, *(replace(each, evaluation_id=each.evaluation_id + 50) for each in days)) == []
    )
    assert [desk.get(each.id) for each in desk.list()] == before


def test_a_night_evaluated_again_may_recover_or_fail(desk: IncidentDesk) -> None:
    record(desk, outcome(0, passed=False, number=1))
    record(desk, outcome(0, passed=True, number=2))
    [incident] = desk.list()
    assert kinds(desk, incident.id) == ["opened", "recovered"]
    record(desk, outcome(0, passed=False, number=1))
    assert kinds(desk, incident.id) == ["opened", "recovered"]
    record(desk, outcome(0, passed=False, number=3))
    assert kinds(desk, incident.id) == ["opened", "recovered", "failed again"]


def test_a_failure_long_after_recovery_is_another_episode(desk: IncidentDesk) -> None:
    record(desk, outcome(0, False), outcome(1, True), outcome(5, False), outcome(6, True))
    assert len(desk.list()) == 1
    record(desk, outcome(20, False))
    assert [each.id for each in desk.list()] == ["INC-2026-0001", "INC-2026-0002"]


def test_warnings_open_nothing_but_are_noted(desk: IncidentDesk) -> None:
    warning = replace(outcome(0, False), severity="warn")
    assert record(desk, warning) == []
    record(desk, outcome(1, False), replace(outcome(2, False), severity="warn"))
    [incident] = desk.list()
    assert kinds(desk, incident.id) == ["opened", "warned"]


def test_a_backfill_of_old_days_opens_no_flood(desk: IncidentDesk) -> None:
    late = datetime(2026, 11, 1, tzinfo=UTC)
    record(desk, *(replace(outcome(day, False), evaluated_at=late) for day in range(3)))
    assert desk.list(open_only=True) == []
    assert all(each.historical and each.status == "historical" for each in desk.list())


def test_a_crash_between_any_two_statements_loses_and_doubles_nothing(
    database: str, desk: IncidentDesk
) -> None:
    outcomes = [outcome(day, passed=day == 2) for day in range(3)]
    expected: int | None = None
    for crash_at in range(1, 200):
        crashing = IncidentDesk(database)
        with crash_after(crashing, crash_at) as crashed:
            try:
                record(crashing, *outcomes)
            except RuntimeError:
                assert desk.list() == [] and desk.cursor("test") is None
        if not crashed:
            expected = crash_at
            break
    assert expected is not None and expected > 10
    assert desk.cursor("test") == "3"
    [incident] = desk.list()
    assert kinds(desk, incident.id).count("opened") == 1


@contextmanager
def crash_after(desk: IncidentDesk, statement: int) -> Iterator[list[str]]:
    """Raise in place of the n-th statement, as a killed process would stop; say if it happened."""
    seen: list[str] = []
    crashed: list[str] = []

    def count(*arguments: object) -> None:
        seen.append(str(arguments[2]))
        if len(seen) == statement:
            crashed.append(seen[-1])
            raise RuntimeError("killed")

    event.listen(desk._engine, "before_cursor_execute", count)
    yield crashed
    event.remove(desk._engine, "before_cursor_execute", count)


def test_two_sensors_at_once_open_each_incident_once(database: str, desk: IncidentDesk) -> None:
    outcomes = [outcome(day, passed=False, system=system) for system in TIERS for day in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: record(IncidentDesk(database), *outcomes), range(4)))
    assert sorted((each.system, each.id) for each in desk.list()) == [
        ("no-show", "INC-2026-0001"),
        ("sepsis", "INC-2026-0002"),
    ]


def test_the_migrations_make_the_tables_that_the_code_knows(
    database: str, desk: IncidentDesk
) -> None:
    engine = open_engine(database)
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
    desk.migrate()
