"""The desk: takes outcomes of checks, reports and steps by people; keeps incidents, exactly once.

Every change is one transaction that no other writer shares: the incident, its timeline, the audit
trail and the messages in the outbox stand or fall together.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from aiops_pipelines.database import migrate, open_engine, writing
from aiops_pipelines.delivery import Outbox
from aiops_pipelines.errors import IncidentError
from aiops_pipelines.incidents import audit, episodes, people
from aiops_pipelines.incidents.escalation import escalate
from aiops_pipelines.incidents.free_text import names_nobody, seen_as_written
from aiops_pipelines.incidents.notices import digest, notify
from aiops_pipelines.incidents.opening import note
from aiops_pipelines.incidents.outcome import (
    CheckOutcome,
    Duty,
    Entry,
    Incident,
    IncidentChange,
    Restriction,
    Who,
)
from aiops_pipelines.incidents.report import SafetyReport
from aiops_pipelines.incidents.roster import Roster
from aiops_pipelines.incidents.status import ENDED
from aiops_pipelines.incidents.tables import CursorRow, IncidentRow, RestrictionRow
from aiops_pipelines.incidents.vendor import record_vendor

_FREE_TEXT = frozenset({"why", "cause", "capa"})
"""What people write at the desk in their own words."""

_NEEDED = {"assign": ("to",), "comment": ("why",), "vendor": ("why",), "file": ("why",)}
"""What a step that leaves the state as it is can't be without."""


class IncidentDesk:
    """The incident queue in the database at a SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    def migrate(self) -> None:
        """Bring the database up to date."""
        migrate(self._engine)

    @property
    def outbox(self) -> Outbox:
        """Return the outbox in the same database."""
        return Outbox(self._engine)

    def cursor(self, source: str) -> str | None:
        """Return how far `source` has been read; None before the first reading."""
        with Session(self._engine) as session:
            row = session.get(CursorRow, source)
            return None if row is None else row.value

    def record(
        self,
        outcomes: Sequence[CheckOutcome],
        roster: Roster,
        *,
        source: str | None = None,
        cursor: str | None = None,
        now: datetime | None = None,
    ) -> list[IncidentChange]:
        """Record outcomes in one transaction with the source's cursor; return what changed.

        One that repeats what is known of its system, check, day and as_of changes nothing.
        """
        changes: list[IncidentChange] = []
        with self._writing(Who(episodes.SENSOR, now or datetime.now(UTC))) as session:
            for outcome in _in_order(outcomes):
                if episodes.seen(session, outcome):
                    continue
                change = episodes.apply(session, outcome, roster)
                if change is not None:
                    changes.append(change)
            if source is not None and cursor is not None:
                session.merge(CursorRow(source=source, value=cursor))
        return changes

    def report(
        self, reports: Sequence[SafetyReport], roster: Roster, source: str, who: Who
    ) -> list[IncidentChange | None]:
        """Take reports by people or another system, all or none; return what each changed.

        None stands for a report that is known already, by its source and external id.
        """
        _check_words("report", who, {})
        with self._writing(who) as session:
            return [people.report(session, roster, told, source, who) for told in reports]

    def take(
        self,
        incident_id: str,
        step: str,
        who: Who,
        roster: Roster,
        *,
        expected: int | None = None,
        **values: str,
    ) -> Incident:
        """Take a person's step and return the incident after it.

        Steps are those of `status.STEPS` (duplicate takes `of`; mitigate may take `restriction`;
        resolve takes `cause` and `capa`), and assign (`to`), comment, lift, file (`regime`),
        vendor (`event`, `at`, `clause`).

        Raises:
            ConflictError: another step came first, or the incident is not at revision `expected`.
            IncidentError: there is no such incident, a rule forbids the step, or a text looks as
                if it held an identifier.
        """
        _check_words(step, who, values)
        with self._writing(who) as session:
            row = people.find(session, incident_id, expected)
            _take(session, roster, row, step, who, values)
            session.flush()
            session.refresh(row)
            return _incident(row, timeline=True)

    def escalate(self, roster: Roster, now: datetime) -> list[IncidentChange]:
        """Take overdue incidents a step up their line, and write the morning's digest."""
        with self._writing(Who(episodes.SENSOR, now)) as session:
            changes = escalate(session, roster, now)
            digest(session, roster, now)
            return changes

    def list(
        self,
        *,
        status: str | None = None,
        system: str | None = None,
        severity: str | None = None,
        source: str | None = None,
        open_only: bool = False,
        overdue_at: datetime | None = None,
        timelines_of: str | None = None,
    ) -> list[Incident]:
        """Return incidents, the gravest and oldest first, without their timelines.

        Those of the check `timelines_of` have them. With `overdue_at` only those of which a clock
        has run out by then.
        """
        query = select(IncidentRow).order_by(
            IncidentRow.severity, IncidentRow.detected_at, IncidentRow.id
        )
        wanted = {"status": status, "system": system, "severity": severity, "source": source}
        query = query.filter_by(**{name: value for name, value in wanted.items() if value})
        if open_only:
            query = query.where(IncidentRow.status.not_in(ENDED))
        with Session(self._engine) as session:
            found = [
                _incident(row, timeline=bool(row.check) and row.check == timelines_of)
                for row in session.scalars(query)
            ]
        return [each for each in found if overdue_at is None or overdue(each, overdue_at)]

    def get(self, incident_id: str) -> Incident:
        """Return one incident with its timeline; IncidentError if there is none of that id."""
        with Session(self._engine) as session:
            return _incident(people.find(session, incident_id), timeline=True)

    def restrictions(self) -> tuple[Restriction, ...]:
        """Return the restrictions in force, the oldest first."""
        query = (
            select(RestrictionRow)
            .where(RestrictionRow.lifted_at.is_(None))
            .order_by(RestrictionRow.id)
        )
        with Session(self._engine) as session:
            return tuple(
                Restriction(row.incident_id, row.system, row.kind, row.since, row.by, row.reason)
                for row in session.scalars(query)
            )

    def verify(self, noted: audit.Head | None = None) -> tuple[str, ...]:
        """Return what is wrong with the audit trail and the desk's rows; see `audit.verify`."""
        with Session(self._engine) as session:
            return tuple(audit.verify(session, noted))

    def head(self) -> audit.Head:
        """Return the audit trail's head, to be noted elsewhere."""
        with Session(self._engine) as session:
            return audit.head(session)

    @contextmanager
    def _writing(self, who: Who) -> Iterator[Session]:
        with (
            writing(self._engine) as connection,
            Session(connection) as session,
        ):
            audit.begin(session, who.by, who.at)
            yield session
            session.commit()


def _in_order(outcomes: Sequence[CheckOutcome]) -> list[CheckOutcome]:
    """Return the outcomes night by night, those of one check as they were evaluated.

    So incidents get the same numbers however the runs of a night interleave, and a check's
    episodes are the same however its evaluations are split into readings.
    """
    reached: dict[tuple[str, str], date] = {}
    keyed = []
    for outcome in sorted(outcomes, key=lambda each: each.evaluation_id):
        check = (outcome.system, outcome.check)
        reached[check] = max(outcome.as_of, reached.get(check, outcome.as_of))
        keyed.append(((reached[check], *check, outcome.evaluation_id), outcome))
    return [outcome for _, outcome in sorted(keyed, key=lambda pair: pair[0])]


def overdue(incident: Incident, now: datetime) -> bool:
    """Tell whether one of the incident's clocks has run out while it is being worked."""
    if incident.status in ENDED or incident.resolved_at is not None:
        return any(duty.done_at is None and duty.due <= now for duty in incident.duties)
    clocks = [incident.resolve_by, *(duty.due for duty in incident.duties if not duty.done_at)]
    if incident.acknowledged_at is None:
        clocks.append(incident.acknowledge_by)
    if incident.mitigated_at is None and incident.contain_by is not None:
        clocks.append(incident.contain_by)
    return min(clocks) <= now


def _check_words(step: str, who: Who, values: Mapping[str, str]) -> None:
    """Refuse a step of nobody, one without the words it needs, and words that must not be kept."""
    texts = {"by": who.by, "why": who.why, **values}
    for name in ("by", *_NEEDED.get(step, ())):
        if not texts.get(name, "").strip():
            raise IncidentError(f"{step} needs --{name}")
    for name, text in texts.items():
        try:
            names_nobody(text) if name in _FREE_TEXT else seen_as_written(text)
        except ValueError as error:
            raise IncidentError(f"--{name}: {error}") from error


def _take(
    session: Session, roster: Roster, row: IncidentRow, step: str, who: Who, values: dict[str, str]
) -> None:
    if step == "assign":
        row.assignee = values["to"]
        note(session, row, "assigned", at=who.at, by=who.by, summary=f"to {values['to']}")
        notify(session, roster, row, "assigned", who.at)
    elif step == "comment":
        note(session, row, "commented", at=who.at, by=who.by, summary=who.why)
        notify(session, roster, row, "commented", who.at)
    elif step == "mitigate" and "restriction" in values:
        people.restrict(session, roster, row, values["restriction"], who)
    elif step == "lift":
        people.lift(session, roster, row, who)
    elif step == "file":
        people.file_duty(session, roster, row, values["regime"], who)
    elif step == "vendor":
        record_vendor(session, roster, row, who=who, **values)
    elif step == "duplicate":
        people.duplicate(session, roster, row, values["of"], who)
    elif step in {"close", "false-alarm"}:
        people.end(session, roster, row, step, who)
    else:
        people.take(session, roster, row, step, who, **values)


def _incident(row: IncidentRow, *, timeline: bool = False) -> Incident:
    names = [each.name for each in fields(Incident) if each.name not in {"timeline", "duties"}]
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    if timeline:
        values["timeline"] = tuple(
            Entry(each.kind, each.day, each.as_of, each.at, each.by, each.summary, each.evidence)
            for each in row.timeline
        )
    duties = tuple(Duty(each.regime, each.duty, each.due, each.done_at) for each in row.duties)
    return Incident(**values, duties=duties)
