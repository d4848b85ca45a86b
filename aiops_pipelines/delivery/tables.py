"""The outbox's table, in the same database as what the messages are about."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from aiops_pipelines.database import Base


class OutboxRow(Base):
    """One message: waiting, sent or dead."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    channel: Mapped[str] = mapped_column(String(64))
    message: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_outbox_state", "state", "next_at"),)


class ReportIssueRow(Base):
    """A version of a report that was sent: which file, what it said, why it was issued again."""

    __tablename__ = "report_issues"

    report: Mapped[str] = mapped_column(String(32), primary_key=True)
    period: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    file: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    changes: Mapped[list[Any]]
    issued_at: Mapped[datetime]
