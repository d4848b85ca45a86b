"""The desk's database: a trail that names tampering, upgrades with data, shared with Dagster."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg
import pytest
from alembic import command
from desk_hospital import ID, ROSTER, failure, opened, who
from sqlalchemy import create_engine, inspect, text

from aiops_pipelines.database import open_engine, writing
from aiops_pipelines.database.engine import VERSION_TABLE, alembic_config
from aiops_pipelines.incidents import Head, IncidentDesk


@pytest.fixture
def desk(database: str) -> IncidentDesk:
    return opened(database)


TAMPERING = {
    'UPDATE audit_trail SET change = \'{"status":"closed"}\' WHERE seq = 3': "record 3 (",
    "DELETE FROM audit_trail WHERE seq = 2": "record 2 is missing",
    "DELETE FROM audit_trail WHERE seq >= 4": "records 4 to ",
    "UPDATE incidents SET severity = 'SEV4'": "incidents INC-2026-0001 was altered: severity",
    "DELETE FROM timeline WHERE kind = 'acknowledged'": "timeline 2 is missing",
    "UPDATE timeline SET evidence = '{}' WHERE id = 1": "timeline 1 was altered: evidence",
    "INSERT INTO escalations VALUES ('INC-2026-0001', 'resolve', 1, 'CMO', "
    "'2026-09-30 08:00:00')": "escalations INC-2026-0001 resolve 1 was added without a record",
}


@pytest.mark.parametrize("statement", TAMPERING)
def test_tampering_is_found_and_named(database: str, desk: IncidentDesk, statement: str) -> None:
    desk.take(ID, "acknowledge", who(), ROSTER)
    desk.take(ID, "investigate", who(), ROSTER)
    assert desk.verify() == ()
    with unguarded(database) as connection:
        connection.execute(text(statement))
    assert any(TAMPERING[statement] in finding for finding in desk.verify())


def test_a_chain_computed_anew_is_shown_by_a_head_noted_elsewhere(
    database: str, desk: IncidentDesk
) -> None:
    desk.take(ID, "acknowledge", who(), ROSTER)
    noted = Head.parse(str(desk.head()))
    assert desk.verify(noted) == ()
    with unguarded(database) as connection:
        connection.execute(text("DELETE FROM audit_trail"))
        connection.execute(text("UPDATE cursors SET value = '0:' WHERE source = 'audit'"))
    assert any("a head of" in finding for finding in desk.verify(noted))


def test_the_database_itself_refuses_to_change_what_is_only_appended(
    database: str, desk: IncidentDesk
) -> None:
    for statement in ("DELETE FROM audit_trail", "UPDATE timeline SET summary = ''"):
        with (
            pytest.raises(Exception, match="append-only"),
            writing(open_engine(database)) as connection,
        ):
            connection.execute(text(statement))


@contextmanager
def unguarded(database: str) -> Iterator:
    """Give a connection of somebody who may change the database's own guards."""
    engine = create_engine(database)
    with engine.begin() as connection:
        for table in ("audit_trail", "timeline"):
            for verb in ("update", "delete"):
                on = f" ON {table}" if engine.dialect.name == "postgresql" else ""
                connection.execute(text(f"DROP TRIGGER {table}_no_{verb}{on}"))
        yield connection
    engine.dispose()


def test_the_previous_release_is_upgraded_with_its_data(database: str) -> None:
    engine = open_engine(database)
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection, "alembic_version"), "0001")
        for number, historical in ((1, False), (2, True)):
            connection.execute(
                text(
                    "INSERT INTO incidents VALUES (:id, 2026, :number, 'sepsis', "
                    "'performance_limits', 'performance', 'SEV1', :status, 'Analytics', 'low', "
                    "'2026-09-28', '2026-09-28', NULL, :at, :at, :at, :historical)"
                ),
                {
                    "id": f"INC-2026-000{number}", "number": number, "historical": historical,
                    "status": "closed" if historical else "open", "at": "2026-09-29 07:00:00+00:00"
                    if engine.dialect.name == "postgresql" else "2026-09-29 07:00:00.000000",
                },
            )  # fmt: skip
        connection.execute(
            text(
                "INSERT INTO timeline VALUES (1, 'INC-2026-0001', 'opened', '2026-09-28', "
                "'2026-09-28', '2026-09-29 07:00:00', 'low', '{\"run_id\": \"r\"}')"
            )
        )
        connection.execute(text("INSERT INTO cursors VALUES ('dagster-checks', '4711')"))
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT setval('timeline_id_seq', 1)"))
    desk = IncidentDesk(database)
    desk.migrate()
    old = desk.get("INC-2026-0001")
    assert old.contain_by == datetime(2026, 9, 29, 11, tzinfo=UTC)
    assert old.timeline[0].evidence == {"run_id": "r"} and old.timeline[0].by == "sensor"
    assert desk.get("INC-2026-0002").status == "historical"
    tables = inspect(engine).get_table_names()
    assert VERSION_TABLE in tables and "alembic_version" not in tables
    assert desk.cursor("dagster-checks") == "4711"
    assert desk.verify() == ()
    desk.record([failure()], ROSTER)
    assert [each.kind for each in desk.get("INC-2026-0001").timeline] == ["opened", "failed again"]
    assert desk.verify() == ()


@pytest.mark.parametrize("first", ["dagster", "desk of an earlier release", "desk"])
def test_dagster_and_the_desk_may_share_one_database(first: str, postgres: str) -> None:
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    name = f"shared_{first.replace(' ', '_')}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = admin.url.set(database=name).render_as_string(hide_password=False)
    admin.dispose()
    if first == "desk of an earlier release":
        with writing(open_engine(url)) as connection:
            command.upgrade(alembic_config(connection, "alembic_version"), "0004")
    if first != "dagster":
        opened(url)
    overrides = {"storage": {"postgres": {"postgres_url": url}}}
    with dg.instance_for_test(overrides=overrides) as instance:
        instance.add_dynamic_partitions("systems", ["sepsis"])
        desk = IncidentDesk(url)
        desk.migrate()
        desk.record([failure()], ROSTER)
        instance.upgrade()
        assert instance.get_dynamic_partitions("systems") == ["sepsis"]
    assert [each.id for each in desk.list()] == [ID] and desk.verify() == ()
