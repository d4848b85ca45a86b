"""The desk's tables. Changes go through a migration; a test holds both against each other."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aiops_pipelines.database import Base


class IncidentRow(Base):
    """One episode of one failing check."""

    __tablename__ = "incidents"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    year: Mapped[int]
    number: Mapped[int]
    system: Mapped[str] = mapped_column(String(64), index=True)
    check: Mapped[str] = mapped_column(String(64))
    area: Mapped[str] = mapped_column(String(32))
    severity: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(16), index=True)
    owner: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    opened: Mapped[date]
    last_failed: Mapped[date]
    recovered_on: Mapped[date | None]
    detected_at: Mapped[datetime]
    acknowledge_by: Mapped[datetime]
    resolve_by: Mapped[datetime]
    historical: Mapped[bool]
    timeline: Mapped[list["EntryRow"]] = relationship(order_by="EntryRow.id")

    __table_args__ = (UniqueConstraint("year", "number"),)


class EntryRow(Base):
    """One line of a timeline."""

    __tablename__ = "timeline"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    as_of: Mapped[date]
    at: Mapped[datetime]
    summary: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, Any]]


class OutcomeRow(Base):
    """The last outcome seen of each check, day and as_of; earlier ones change nothing."""

    __tablename__ = "outcomes"

    system: Mapped[str] = mapped_column(String(64), primary_key=True)
    check: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(primary_key=True)
    passed: Mapped[bool]
    severity: Mapped[str] = mapped_column(String(8))
    evaluation_id: Mapped[int] = mapped_column(BigInteger)


class CursorRow(Base):
    """How far each source has been read."""

    __tablename__ = "cursors"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))
