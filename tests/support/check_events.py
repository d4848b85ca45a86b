"""Check evaluations as Dagster's event log keeps them, drawn at random, and what must come of them.

`expected_incidents` is a model of the rule of episodes, written without the desk.
"""

import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.events import DagsterEvent
from dagster._core.storage.event_log import SqlEventLogStorage

from aiops_pipelines.incidents import IncidentDesk
from aiops_pipelines.partitions import system_day
from aiops_pipelines.sensors.outcomes import AREA_OF_CHECK

START = date(2026, 6, 1)


@dataclass(frozen=True, order=True)
class Check:
    """One evaluation: of a system's check on a day, in the night after it."""

    day: date
    system: str
    name: str
    passed: bool

    def entry(self) -> dg.EventLogEntry:
        evaluation = dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey("performance"),
            check_name=self.name,
            passed=self.passed,
            severity=dg.AssetCheckSeverity.ERROR,
            description="below its limit",
            metadata={"as_of": dg.MetadataValue.text(self.day.isoformat())},
            partition=system_day(self.day, self.system),
        )
        night = datetime(self.day.year, self.day.month, self.day.day, 8, tzinfo=UTC)
        return dg.EventLogEntry(
            user_message="",
            level=10,
            run_id="a-run",
            error_info=None,
            timestamp=(night + timedelta(days=1)).timestamp(),
            dagster_event=DagsterEvent(
                event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
                event_specific_data=evaluation,
                job_name="night",
            ),
        )


def draw(systems: int, days: int, seed: int, failures: int | None = None) -> list[Check]:
    """Return evaluations of every check, day by day; checks fail and recover in runs of days."""
    chance = random.Random(seed)
    names = [(f"system-{n}", name) for n in range(systems) for name in AREA_OF_CHECK]
    failing = {name: chance.random() < 0.7 for name in names}
    drawn = []
    for offset in range(days):
        for key in names:
            failing[key] ^= chance.random() < (0.08 if failing[key] else 0.2)
            if failing[key] and failures is not None:
                failures -= 1
                if failures < 0:
                    return drawn
            drawn.append(Check(START + timedelta(days=offset), *key, passed=not failing[key]))
    return drawn


def store(storage: SqlEventLogStorage, checks: Iterable[Check]) -> None:
    with storage.index_connection() as connection:
        for check in checks:
            connection.execute(storage.prepare_insert_event(check.entry()))


Episode = tuple[str, str, date, date, date | None, int]


def expected_incidents(checks: Sequence[Check]) -> set[Episode]:
    """Return system, check, first and last failing day, recovery and number of failures of each."""
    by_check: dict[tuple[str, str], list[Check]] = {}
    for check in sorted(checks):
        by_check.setdefault((check.system, check.name), []).append(check)
    found = set()
    for key, days in by_check.items():
        open_: list[date] = []
        recovered: date | None = None
        for check in days:
            if check.passed:
                recovered = recovered or (check.day if open_ else None)
                continue
            if open_ and recovered and check.day - recovered > timedelta(days=7):
                found.add((*key, open_[0], open_[-1], recovered, len(open_)))
                open_ = []
            open_, recovered = [*open_, check.day], None
        if open_:
            found.add((*key, open_[0], open_[-1], recovered, len(open_)))
    return found


def found_incidents(desk: IncidentDesk) -> list[Episode]:
    """Return the desk's incidents in the model's words."""
    episodes = []
    for listed in desk.list():
        each = desk.get(listed.id)
        failures = sum(entry.kind in {"opened", "failed again"} for entry in each.timeline)
        episodes.append(
            (each.system, each.check, each.opened, each.last_failed, each.recovered_on, failures)
        )
    return sorted(episodes, key=str)


class Killed(BaseException):
    """What stands for a SIGKILL: no handler of ours may catch it."""


@contextmanager
def killed_at(engine: sa.Engine, statement: int) -> Iterator[None]:
    """Stop at the n-th statement on the desk's database."""
    left = [statement]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)


@contextmanager
def dagster_on(url: str) -> Iterator[dg.DagsterInstance]:
    """Give an instance whose event log is in a database beside the desk's, of the same kind.

    Two databases: each has its own migrations, and Alembic keeps one version a database.
    """
    folder = Path(tempfile.mkdtemp(prefix="aiops-dagster-"))
    log: dict[str, object] = {
        "event_log_storage": {
            "module": "aiops_pipelines.runner.sqlite",
            "class": "EventLogStorage",
            "config": {"base_dir": str(folder / "events")},
        }
    }
    if url.startswith("postgresql"):
        log = {"storage": {"postgres": {"postgres_url": _beside(url)}}}
    with dg.DagsterInstance.local_temp(str(folder), overrides=log) as instance:
        yield instance
    shutil.rmtree(folder)


def _beside(url: str) -> str:
    parsed = sa.make_url(url)
    name = f"{parsed.database}_dagster"
    admin = sa.create_engine(parsed, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        known = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.scalar(known, {"name": name}) is None:
            connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return parsed.set(database=name).render_as_string(hide_password=False)
