"""States, reports by people, clocks, restrictions, escalations and the audit trail."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from aiops_pipelines.database.base import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIMES = ("occurred_at", "aware_at", "acknowledged_at", "mitigated_at", "resolved_at", "closed_at")
_CONTAIN_HOURS = {"SEV1": 4, "SEV2": 24, "SEV3": 168, "SEV4": 336}


def upgrade() -> None:
    """Add columns and tables; carry what the previous release wrote into the audit trail."""
    # Columns are added in place: SQLite would copy the table, which rows of others refer to.
    for column in _new_columns():
        op.add_column("incidents", column)
    op.create_index("uq_incidents_source", "incidents", ["source", "external_id"], unique=True)
    op.add_column("timeline", sa.Column("by", sa.Text(), nullable=False, server_default="sensor"))
    with op.batch_alter_table("cursors") as batch:
        batch.alter_column("value", existing_type=sa.String(64), type_=sa.Text())
    _new_tables()
    _fill()
    _adopt()
    _forbid_changes()


def _new_columns() -> list[sa.Column[Any]]:
    texts: list[sa.Column[Any]] = [
        sa.Column(name, sa.Text(), nullable=False, server_default="")
        for name in ("assignee", "escalated_to", "cause", "capa")
    ]
    clocks: list[sa.Column[Any]] = [
        sa.Column(name, Instant(), nullable=False, server_default="1970-01-01 00:00:00")
        for name in ("clock_start", "contain_by")
    ]
    return [
        sa.Column("source", sa.String(64), nullable=False, server_default="checks"),
        sa.Column("external_id", sa.String(128), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("system_version", sa.String(64), nullable=False, server_default=""),
        *texts,
        *clocks,
        *(sa.Column(name, Instant(), nullable=True) for name in _TIMES),
        sa.Column("duplicate_of", sa.String(16), nullable=True),
        sa.Column("safety", sa.JSON(), nullable=False, server_default="{}"),
    ]


def _new_tables() -> None:
    op.create_table(
        "duties",
        sa.Column("incident_id", sa.String(16), nullable=False),
        sa.Column("regime", sa.String(32), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("incident_id", "regime", name="pk_duties"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_duties_incident_id"),
    )
    op.create_table(
        "restrictions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("incident_id", sa.String(16), nullable=False),
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_restrictions"),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name="fk_restrictions_incident_id"
        ),
    )
    op.create_index("ix_restrictions_incident_id", "restrictions", ["incident_id"])
    op.create_index("ix_restrictions_system", "restrictions", ["system"])
    op.create_table(
        "escalations",
        sa.Column("incident_id", sa.String(16), nullable=False),
        sa.Column("clock", sa.String(32), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "clock", "step", name="pk_escalations"),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name="fk_escalations_incident_id"
        ),
    )
    op.create_table(
        "audit_trail",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("of", sa.String(120), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_trail"),
    )


def _fill() -> None:
    """Give old incidents the clocks that new ones have; old history is no longer "closed"."""
    connection = op.get_bind()
    incidents = _table(connection, "incidents")
    for row in connection.execute(sa.select(incidents)).mappings().all():
        detected = row["detected_at"]
        values = {
            "clock_start": detected,
            "contain_by": detected + timedelta(hours=_CONTAIN_HOURS[row["severity"]]),
        }
        if row["historical"]:
            values["status"] = "historical"
        connection.execute(sa.update(incidents).where(incidents.c.id == row["id"]).values(values))


def _adopt() -> None:
    """Begin the audit trail with the rows as the previous release left them."""
    connection = op.get_bind()
    at, previous, seq = datetime.now(UTC).isoformat(), "0" * 64, 0
    trail = _table(connection, "audit_trail")
    for name in ("incidents", "timeline"):
        table = _table(connection, name)
        for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings().all():
            values = dict(row)
            if name == "timeline":
                evidence = _canonical(values["evidence"]).encode()
                values["evidence"] = hashlib.sha256(evidence).hexdigest()
            seq, of, change = seq + 1, f"{name} {row['id']}", _canonical(values)
            told = [seq, at, "migration 0003", of, change, previous]
            digest = hashlib.sha256(_canonical(told).encode()).hexdigest()
            connection.execute(
                trail.insert().values(
                    seq=seq,
                    at=at,
                    by="migration 0003",
                    of=of,
                    change=change,
                    previous=previous,
                    hash=digest,
                )
            )
            previous = digest
    cursors = _table(connection, "cursors")
    connection.execute(cursors.insert().values(source="audit", value=f"{seq}:{previous}"))


def _table(connection: sa.Connection, name: str) -> sa.Table:
    """Return a table as it is, its times in UTC on either database."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    for column in table.columns:
        if isinstance(column.type, sa.DateTime):
            column.type = Instant()
    return table


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"can't be recorded: {type(value).__name__}")


def _forbid_changes() -> None:
    """Let the database itself refuse changes of what is only ever appended."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    for table in ("audit_trail", "timeline"):
        for verb in ("UPDATE", "DELETE"):
            head = f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
            if op.get_bind().dialect.name == "postgresql":
                op.execute(f"{head} FOR EACH ROW EXECUTE FUNCTION append_only()")
            else:
                op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")


def downgrade() -> None:
    """Refuse: the audit trail would be lost."""
    raise NotImplementedError("the audit trail is not thrown away; restore a backup instead")
