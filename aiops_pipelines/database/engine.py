"""The database beside the lake: SQLite or PostgreSQL, one writer at a time, migrated by Alembic."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import (
    Connection,
    Engine,
    column,
    create_engine,
    delete,
    event,
    inspect,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 7_026_001
_BUSY_SECONDS = 60

VERSION_TABLE = "aiops_alembic_version"
"""Where Alembic notes our revision: a name of our own, since Dagster's storage has one too."""

_FORMER_VERSION_TABLE = "alembic_version"


def open_engine(url: str) -> Engine:
    """Return an engine; on SQLite every transaction takes the write lock when it begins."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin_immediately)
    return engine


def _leave_transactions_to_us(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_immediately(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that no other writer shares."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield connection


def database_gone(error: BaseException) -> str | None:
    """Return in words that a database did not answer, if that is what `error` comes from."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OperationalError | InterfaceError) or (
            isinstance(cause, DBAPIError) and cause.connection_invalidated
        ):
            # The driver's words alone: SQLAlchemy's add the statement and its values.
            said = str(cause.orig).strip().splitlines() or ["no reason given"]
            return f"a database did not answer: {said[0]}"
        cause = cause.__cause__
    return None


def migrate(engine: Engine) -> None:
    """Bring the database to the newest migration; safe at every start, also concurrently."""
    # Imported late: the code location loads the desk, but only its first use migrates.
    from alembic import command

    with writing(engine) as connection:
        config = alembic_config(connection)
        _adopt_version(connection, config)
        command.upgrade(config, "head")


def revisions(engine: Engine) -> tuple[str | None, str]:
    """Return the database's revision, None where it has no table yet, and this release's.

    The revision of a database whose desk is older than our own version table is "".
    """
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with engine.connect() as connection:
        config = alembic_config(connection)
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        needed = ScriptDirectory.from_config(config).get_current_head()
        assert needed is not None
        held = context.get_current_revision()
        if held is None and inspect(connection).has_table("incidents"):
            held = ""
        return held, needed


def alembic_config(connection: Connection, version_table: str = VERSION_TABLE) -> "Config":
    """Return Alembic's configuration for our migrations on a connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option(
        "script_location", str(files("aiops_pipelines").joinpath("database/migrations"))
    )
    config.attributes.update(connection=connection, version_table=version_table)
    return config


def _adopt_version(connection: Connection, config: "Config") -> None:
    """Move a revision of ours that an earlier release noted under Alembic's default name.

    The table may be Dagster's by now, in a database that both share: its rows stay.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE in tables or _FORMER_VERSION_TABLE not in tables:
        return
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    former = table(_FORMER_VERSION_TABLE, column("version_num"))
    noted = set(connection.scalars(select(former.c.version_num)))
    for revision in noted & known:
        command.stamp(config, revision)
        connection.execute(delete(former).where(former.c.version_num == revision))
    if noted and noted <= known:
        connection.execute(text(f"DROP TABLE {_FORMER_VERSION_TABLE}"))
