"""How each kind of database is asked to only read, and not for ever.

PostgreSQL is tested against a server. SQL Server and Oracle are written from their drivers'
manuals and not tested here; SQL Server has no read-only transaction, so that there only the rule
of the single SELECT and the rights of the feed's own role keep it from writing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a session needs: commands, connection options, and the driver's own timeout.

    `begin` are commands with `{ms}` and `{zone}`; `timeout_attribute` is an attribute of the
    driver's connection with its units a second; `aware` tells that bounds carry their offset.
    """

    sqlglot: str
    begin: tuple[str, ...]
    connect: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    timeout_attribute: tuple[str, int] | None = None
    aware: bool = False

    def start(self, seconds: float, zone: str) -> list[str]:
        """Return the commands with which the transaction starts."""
        return [line.format(ms=round(seconds * 1000), zone=zone) for line in self.begin]

    def moment(self, microseconds: int, zone: str) -> datetime:
        """Return an instant (since 1970, UTC) as the database compares it with the watermark."""
        instant = _EPOCH + timedelta(microseconds=microseconds)
        return instant if self.aware else instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


DIALECTS: Mapping[str, Dialect] = {
    "postgresql": Dialect(
        "postgres",
        ("SET LOCAL statement_timeout = {ms}", "SET LOCAL TIME ZONE '{zone}'"),
        {"connect_timeout": 10},
        options={"postgresql_readonly": True},
        aware=True,
    ),
    "mssql": Dialect(
        "tsql", ("SET LOCK_TIMEOUT {ms}",), {"timeout": 10}, timeout_attribute=("timeout", 1)
    ),
    "oracle": Dialect(
        "oracle", ("SET TRANSACTION READ ONLY",), {}, timeout_attribute=("call_timeout", 1000)
    ),
}
"""By SQLAlchemy's name of the database."""
