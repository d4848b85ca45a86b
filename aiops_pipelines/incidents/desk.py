"""The desk: takes outcomes of checks, keeps incidents, exactly once whatever crashes.

An episode begins with a failure and takes in every further failure of the same check of the same
system. Once the check has passed, the incident is marked recovered but stays with a person; a
failure within a week of recovery belongs to the same episode, a later one begins another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aiops_pipelines.database import migrate, open_engine, writing
from aiops_pipelines.errors import IncidentError
from aiops_pipelines.incidents.outcome import CheckOutcome, Entry, Incident, IncidentChange
from aiops_pipelines.incidents.severity import due, severity_of
from aiops_pipelines.incidents.tables import CursorRow, EntryRow, IncidentRow, OutcomeRow
from aiops_pipelines.portfolio import RiskTier

SAME_EPISODE = timedelta(days=7)
"""A failure this soon after recovery belongs to the same episode."""

HISTORICAL = timedelta(days=14)
"""A day evaluated this long afterwards is history: recorded, but nobody's task."""

ENDED = ("closed", "duplicate", "false alarm")


class IncidentDesk:
    """The incident queue in the database at a SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    def migrate(self) -> None:
        """Bring the database up to date."""
        migrate(self._engine)

    def cursor(self, source: str) -> str | None:
        """Return how far `source` has been read; None before the first reading."""
        with Session(self._engine) as session:
            row = session.get(CursorRow, source)
            return None if row is None else row.value

    def record(
        self,
        outcomes: Sequence[CheckOutcome],
        *,
        risk_tiers: Mapping[str, RiskTier],
        owners: Mapping[str, str],
        source: str | None = None,
        cursor: str | None = None,
    ) -> list[IncidentChange]:
        """Record outcomes in one transaction with the source's cursor; return what changed.

        Outcomes are taken in the order of as_of, day, system and check. One that repeats what is
        known of its system, check, day and as_of changes nothing.
        """
        ordered = sorted(outcomes, key=_order)
        changes: list[IncidentChange] = []
        with writing(self._engine) as connection, Session(connection) as session:
            for outcome in ordered:
                if _seen(session, outcome):
                    continue
                change = _apply(session, outcome, risk_tiers, owners)
                if change is not None:
                    changes.append(change)
            if source is not None and cursor is not None:
                session.merge(CursorRow(source=source, value=cursor))
            session.flush()
        return changes

    def list(
        self,
        *,
        status: str | None = None,
        system: str | None = None,
        severity: str | None = None,
        open_only: bool = False,
    ) -> list[Incident]:
        """Return incidents, the gravest and oldest first, without their timelines."""
        query = select(IncidentRow).order_by(
            IncidentRow.severity, IncidentRow.detected_at, IncidentRow.id
        )
        if status is not None:
            query = query.where(IncidentRow.status == status)
        if system is not None:
            query = query.where(IncidentRow.system == system)
        if severity is not None:
            query = query.where(IncidentRow.severity == severity)
        if open_only:
            query = query.where(IncidentRow.status.not_in(ENDED))
        with Session(self._engine) as session:
            return [_incident(row) for row in session.scalars(query)]

    def get(self, incident_id: str) -> Incident:
        """Return one incident with its timeline; IncidentError if there is none of that id."""
        with Session(self._engine) as session:
            row = session.get(IncidentRow, incident_id)
            if row is None:
                raise IncidentError(f"no incident {incident_id!r}; see: aiops incidents list --all")
            return _incident(row, row.timeline)


def _order(outcome: CheckOutcome) -> tuple[object, ...]:
    return (outcome.as_of, outcome.day, outcome.system, outcome.check, outcome.evaluation_id)


def _seen(session: Session, outcome: CheckOutcome) -> bool:
    """Tell whether the outcome is known, or says what is known already; if not, note it.

    A night evaluated again may say otherwise: its file was mended, or damaged.
    """
    key = (outcome.system, outcome.check, outcome.day, outcome.as_of)
    known = session.get(OutcomeRow, key)
    if known is not None:
        if outcome.evaluation_id <= known.evaluation_id:
            return True
        same = known.passed == outcome.passed and known.severity == outcome.severity
        known.passed, known.severity = outcome.passed, outcome.severity
        known.evaluation_id = outcome.evaluation_id
        session.flush()
        return same
    session.add(
        OutcomeRow(
            system=outcome.system,
            check=outcome.check,
            day=outcome.day,
            as_of=outcome.as_of,
            passed=outcome.passed,
            severity=outcome.severity,
            evaluation_id=outcome.evaluation_id,
        )
    )
    session.flush()
    return False


def _apply(
    session: Session,
    outcome: CheckOutcome,
    risk_tiers: Mapping[str, RiskTier],
    owners: Mapping[str, str],
) -> IncidentChange | None:
    episode = _current(session, outcome)
    if outcome.passed:
        if episode is None or episode.recovered_on or outcome.day < episode.last_failed:
            return None
        episode.recovered_on = outcome.day
        return _note(session, episode, outcome, "recovered")
    if outcome.severity == "warn":
        return None if episode is None else _note(session, episode, outcome, "warned")
    if episode is None:
        episode = _open(session, outcome, risk_tiers, owners)
        return _note(session, episode, outcome, "opened")
    episode.last_failed = max(episode.last_failed, outcome.day)
    episode.recovered_on = None
    return _note(session, episode, outcome, "failed again")


def _current(session: Session, outcome: CheckOutcome) -> IncidentRow | None:
    """Return the episode that the outcome belongs to: not ended, not long recovered."""
    query = (
        select(IncidentRow)
        .where(
            IncidentRow.system == outcome.system,
            IncidentRow.check == outcome.check,
            IncidentRow.status.not_in(ENDED),
        )
        .order_by(IncidentRow.detected_at.desc(), IncidentRow.id.desc())
    )
    row = session.scalars(query).first()
    if row is None or row.recovered_on is None:
        return row
    return row if outcome.day - row.recovered_on <= SAME_EPISODE else None


def _open(
    session: Session,
    outcome: CheckOutcome,
    risk_tiers: Mapping[str, RiskTier],
    owners: Mapping[str, str],
) -> IncidentRow:
    year = outcome.evaluated_at.year
    taken = session.scalar(select(func.max(IncidentRow.number)).where(IncidentRow.year == year))
    number = (taken or 0) + 1
    severity = severity_of(risk_tiers.get(outcome.system, RiskTier.CRITICAL), outcome.area)
    dates = due(severity, outcome.evaluated_at)
    historical = outcome.evaluated_at.date() - outcome.day > HISTORICAL
    row = IncidentRow(
        id=f"INC-{year}-{number:04d}",
        year=year,
        number=number,
        system=outcome.system,
        check=outcome.check,
        area=outcome.area,
        severity=severity.value,
        status="closed" if historical else "open",
        owner=owners.get(outcome.system, ""),
        summary=outcome.summary,
        opened=outcome.day,
        last_failed=outcome.day,
        detected_at=outcome.evaluated_at,
        acknowledge_by=dates.acknowledge_by,
        resolve_by=dates.resolve_by,
        historical=historical,
    )
    session.add(row)
    session.flush()
    return row


def _note(
    session: Session, episode: IncidentRow, outcome: CheckOutcome, kind: str
) -> IncidentChange:
    session.add(
        EntryRow(
            incident_id=episode.id,
            kind=kind,
            day=outcome.day,
            as_of=outcome.as_of,
            at=outcome.evaluated_at,
            summary=outcome.summary,
            evidence=dict(outcome.evidence),
        )
    )
    session.flush()
    return IncidentChange(episode.id, kind, outcome.day)


def _incident(row: IncidentRow, timeline: Iterable[EntryRow] = ()) -> Incident:
    names = [field.name for field in fields(Incident) if field.name != "timeline"]
    entries = tuple(
        Entry(entry.kind, entry.day, entry.as_of, entry.at, entry.summary, entry.evidence)
        for entry in timeline
    )
    return Incident(**{name: getattr(row, name) for name in names}, timeline=entries)
