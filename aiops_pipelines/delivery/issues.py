"""Issues of reports: each version of a report is sent once to each who should have it.

The file that is sent is a copy under its version's name, so that a report made anew never changes
what somebody was sent. A report that was issued is not sent again when it is made again; on
purpose it is issued anew, under the next version, with the reason and what changed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from aiops_pipelines.atomic import write_file
from aiops_pipelines.database import open_engine, writing
from aiops_pipelines.delivery.message import Attachment, Message
from aiops_pipelines.delivery.outbox import enqueue
from aiops_pipelines.delivery.tables import ReportIssueRow
from aiops_pipelines.portfolio import ReportDelivery

KEY = "report:"
"""How the keys of report messages begin."""


@dataclass(frozen=True, slots=True)
class FinishedReport:
    """A report that may be issued: its file, its words for an e-mail, and what it says in short.

    `facts` maps what is stated ("lung-nodule-ct performance") to what is said of it ("breach");
    the differences between two versions' facts are what changed. No patient-level data.
    """

    report: str
    period: str
    file: Path
    subject: str
    body: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reissue:
    """What a later version of a report says of itself: its number, why it exists, what changed."""

    version: int
    reason: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportIssue:
    """A version of a report that was sent, with the reason and changes of a later version."""

    report: str
    period: str
    version: int
    file: Path
    sha256: str
    reason: str
    changes: tuple[str, ...]
    issued_at: datetime

    @property
    def key(self) -> str:
        """Return how the keys of its messages begin."""
        return f"{KEY}{self.report}:{self.period}:v{self.version}"

    @property
    def reissue(self) -> Reissue | None:
        """Return what the report says of its version, None of the first."""
        return Reissue(self.version, self.reason, self.changes) if self.version > 1 else None


class ReportIssues:
    """The issues in the database at a SQLAlchemy URL, their files in `folder`."""

    def __init__(self, url: str | Engine, folder: Path) -> None:
        self._engine = open_engine(url) if isinstance(url, str) else url
        self._folder = folder

    def issue(
        self,
        finished: FinishedReport,
        deliveries: Sequence[ReportDelivery],
        now: datetime,
        *,
        again_because: str = "",
    ) -> ReportIssue:
        """Send the report's first version, or with `again_because` the next; return the last.

        The issue and its messages are written in one transaction. Without a reason a report that
        was issued before is left as it was, whatever its file says now.
        """
        content = finished.file.read_bytes()
        with writing(self._engine) as connection, Session(connection) as session:
            last = _last(session, finished.report, finished.period)
            if last is not None and not again_because:
                return _issue(last)
            row = self._next(finished, last, content, again_because, now)
            session.add(row)
            for message in _messages(finished, _issue(row), deliveries):
                enqueue(session, message, now)
            session.commit()
            return _issue(row)

    def last(self, report: str, period: str) -> ReportIssue | None:
        """Return the last version sent of a report; None if it was never issued."""
        with Session(self._engine) as session:
            row = _last(session, report, period)
            return None if row is None else _issue(row)

    def periods(self, report: str) -> set[str]:
        """Return the periods of which any version of a report was issued."""
        return {issue.period for issue in self.list() if issue.report == report}

    def draft(self, finished: FinishedReport, reason: str) -> Reissue | None:
        """Return what the next version would say of itself, None if it would be the first."""
        with Session(self._engine) as session:
            last = _last(session, finished.report, finished.period)
            if last is None:
                return None
            changed = tuple(changes(last.facts, finished.facts))
            return Reissue(last.version + 1, reason, changed)

    def list(self) -> list[ReportIssue]:
        """Return all issues in the order they were sent."""
        query = select(ReportIssueRow).order_by(ReportIssueRow.issued_at, ReportIssueRow.version)
        with Session(self._engine) as session:
            return [_issue(row) for row in session.scalars(query)]

    def _next(
        self,
        finished: FinishedReport,
        last: ReportIssueRow | None,
        content: bytes,
        reason: str,
        now: datetime,
    ) -> ReportIssueRow:
        version = 1 if last is None else last.version + 1
        name = f"{finished.report}-{finished.period}-v{version}{finished.file.suffix}"
        file = write_file(self._folder / name, content)
        return ReportIssueRow(
            report=finished.report,
            period=finished.period,
            version=version,
            file=str(file),
            sha256=hashlib.sha256(content).hexdigest(),
            facts=dict(finished.facts),
            reason=reason,
            changes=[] if last is None else changes(last.facts, finished.facts),
            issued_at=now,
        )


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return what two versions say differently, a sentence a fact."""
    told = {name: (before.get(name), after.get(name)) for name in sorted({*before, *after})}
    return [
        f"{name}: {old or 'not stated'} before, {new or 'not stated'} now"
        for name, (old, new) in told.items()
        if old != new
    ]


def _messages(
    finished: FinishedReport, issue: ReportIssue, deliveries: Sequence[ReportDelivery]
) -> list[Message]:
    attachment = Attachment(str(issue.file.absolute()), issue.sha256)
    version = f", version {issue.version}" if issue.version > 1 else ""
    body = [finished.body]
    if issue.version > 1:
        said = issue.changes or ("no verdict; see the report",)
        body = [
            f"This is version {issue.version}; it replaces version {issue.version - 1}.",
            f"Why: {issue.reason}",
            *(f"Changed: {change}" for change in said),
            "",
            *body,
        ]
    return [
        Message(
            key=f"{issue.key}:{delivery.channel}" + (f":{address}" if address else ""),
            channel=delivery.channel,
            subject=finished.subject + version,
            body="\n".join(body),
            recipients=(address,) if address else (),
            attachments=(attachment,),
            event_type=f"aiops.report.{issue.report}",
        )
        for delivery in deliveries
        if delivery.report == issue.report
        for address in delivery.recipients or ("",)
    ]


def _last(session: Session, report: str, period: str) -> ReportIssueRow | None:
    return session.scalar(
        select(ReportIssueRow)
        .where(ReportIssueRow.report == report, ReportIssueRow.period == period)
        .order_by(ReportIssueRow.version.desc())
        .limit(1)
    )


def _issue(row: ReportIssueRow) -> ReportIssue:
    return ReportIssue(
        row.report,
        row.period,
        row.version,
        Path(row.file),
        row.sha256,
        row.reason,
        tuple(row.changes),
        row.issued_at,
    )
