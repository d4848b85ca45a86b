"""People at the desk: legal steps, conflicts, reports, clocks, escalation, the audit trail."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.database import open_engine, writing
from aiops_pipelines.database.engine import VERSION_TABLE, alembic_config
from aiops_pipelines.errors import ConflictError, IncidentError
from aiops_pipelines.incidents import (
    CheckOutcome,
    Head,
    IncidentDesk,
    Roster,
    SafetyReport,
    Who,
    read_reports,
)
from aiops_pipelines.portfolio import Channel, Notifications, RiskTier

NIGHT = datetime(2026, 9, 30, 7, tzinfo=UTC)  # two in the morning in Chicago
MORNING = datetime(2026, 9, 30, 12, tzinfo=UTC)  # seven o'clock, the quiet hours' end
PAGER = Channel(name="pager", url_env="PAGER_URL", severities=("SEV1", "SEV2"))
MAIL = Channel(name="mail", url_env="MAIL_URL")
HOOK = Channel(name="hook", kind="webhook", url_env="HOOK_URL", secret_env="HOOK_SECRET")
ROSTER = Roster(
    calendar=BusinessCalendar("America/Chicago", "US"),
    tiers={"sepsis": RiskTier.CRITICAL, "no-show": RiskTier.MODERATE},
    owners={
        "sepsis": {"technical": "Analytics", "clinical": "Chief of ICU", "executive": "CMO"},
        "no-show": {"technical": "Revenue", "clinical": "Clinics", "executive": "COO"},
    },
)
TELLING = replace(ROSTER, policy=Notifications(channels=(PAGER, MAIL, HOOK)))


def failure(system: str = "sepsis", day: date = date(2026, 9, 29), number: int = 1) -> CheckOutcome:
    return CheckOutcome(
        system=system, check="performance_limits", area="performance", day=day, as_of=day,
        evaluated_at=NIGHT, passed=False, severity="error", summary="AUROC below its limit",
        evidence={"run_id": "r", "figures": [{"estimate": 0.7}]}, evaluation_id=number,
    )  # fmt: skip


def who(hours: float = 6, why: str = "as agreed", by: str = "Ada") -> Who:
    return Who(by, NIGHT + timedelta(hours=hours), why)


def harm(**fields: object) -> SafetyReport:
    base = {
        "external_id": "PSE-17", "system": "no-show", "summary": "A visit was overbooked",
        "ahrq_class": "incident with harm", "ncc_merp": "E", "aware_at": NIGHT,
        "patients_exposed": 12, "patients_reached": 1,
    }  # fmt: skip
    return SafetyReport.model_validate(base | fields)


@pytest.fixture
def desk(database: str) -> IncidentDesk:
    return opened(database)


@pytest.fixture
def small(tmp_path: Path) -> IncidentDesk:
    return opened(f"sqlite:///{tmp_path / 'desk.db'}")


def opened(url: str, roster: Roster = ROSTER) -> IncidentDesk:
    made = IncidentDesk(url)
    made.migrate()
    made.record([failure()], roster)
    return made


ID = "INC-2026-0001"


def test_an_incident_goes_from_open_to_closed_by_legal_steps_alone(desk: IncidentDesk) -> None:
    for illegal in ("resolve", "close"):
        with pytest.raises(ConflictError, match="is open"):
            desk.take(ID, illegal, who(), ROSTER)
    for step in ("acknowledge", "investigate", "mitigate", "resolve", "close"):
        after = desk.take(ID, step, who(), ROSTER)
    assert after.status == "closed" and after.closed_at == who().at
    assert [(entry.kind, entry.by) for entry in after.timeline][1:] == [
        (kind, "Ada")
        for kind in ("acknowledged", "investigating", "mitigated", "resolved", "closed")
    ]
    with pytest.raises(ConflictError, match="is closed"):
        desk.take(ID, "false-alarm", who(), ROSTER)
    assert desk.verify() == ()


def test_steps_need_their_reason_and_a_revision_must_be_the_one_that_was_seen(
    small: IncidentDesk,
) -> None:
    for step in ("mitigate", "false-alarm"):
        with pytest.raises(IncidentError, match="needs a reason"):
            small.take(ID, step, who(why=" "), ROSTER)
    small.take(ID, "comment", who(), ROSTER, expected=1)
    with pytest.raises(ConflictError, match="at revision 2, you saw 1"):
        small.take(ID, "acknowledge", who(), ROSTER, expected=1)


def test_a_resolved_incident_opens_again_and_a_closed_one_stays(small: IncidentDesk) -> None:
    small.take(ID, "acknowledge", who(), ROSTER)
    small.take(ID, "resolve", who(), ROSTER)
    small.record([failure(day=date(2026, 9, 30), number=2)], ROSTER)
    again = small.get(ID)
    assert (again.status, again.acknowledged_at) == ("open", None)
    assert again.timeline[-1].kind == "reopened"
    for step in ("acknowledge", "resolve", "close"):
        small.take(ID, step, who(), ROSTER)
    small.record([replace(failure(number=3), as_of=date(2026, 10, 1))], ROSTER)
    assert len(small.list()) == 1
    small.record([failure(day=date(2026, 10, 1), number=4)], ROSTER)
    assert [each.status for each in small.list()] == ["closed", "open"]


def test_a_duplicate_takes_its_checks_failures_while_the_other_is_worked(
    small: IncidentDesk,
) -> None:
    small.record([replace(failure(number=2), check="drift_limits")], ROSTER)
    small.take("INC-2026-0002", "duplicate", who(), ROSTER, of=ID)
    with pytest.raises(IncidentError, match="duplicate of itself"):
        small.take(ID, "duplicate", who(), ROSTER, of="INC-2026-0002")
    later = replace(failure(day=date(2026, 9, 30), number=3), check="drift_limits")
    small.record([later], ROSTER)
    assert len(small.list()) == 2
    small.take(ID, "false-alarm", who(), ROSTER)
    small.record([replace(later, day=date(2026, 10, 1), evaluation_id=4)], ROSTER)
    assert len(small.list()) == 3


def test_the_clock_starts_when_somebody_can_know(tmp_path: Path) -> None:
    quiet = opened(f"sqlite:///{tmp_path / 'quiet.db'}").get(ID)
    assert quiet.clock_start == MORNING
    assert quiet.acknowledge_by == MORNING + timedelta(hours=1)
    paged = opened(f"sqlite:///{tmp_path / 'paged.db'}", TELLING).get(ID)
    assert paged.acknowledge_by == NIGHT + timedelta(hours=1)


def test_a_pause_restricts_the_system_until_a_person_lifts_it(small: IncidentDesk) -> None:
    small.take(ID, "mitigate", who(why="alerts off"), ROSTER, restriction="pause")
    [restriction] = small.restrictions()
    assert (restriction.system, restriction.kind, restriction.by) == ("sepsis", "pause", "Ada")
    small.take(ID, "resolve", who(), ROSTER)
    with pytest.raises(IncidentError, match="still restricts sepsis"):
        small.take(ID, "close", who(), ROSTER)
    small.take(ID, "lift", who(), ROSTER)
    small.take(ID, "close", who(), ROSTER)
    assert small.restrictions() == () and small.verify() == ()


def test_an_overdue_incident_climbs_the_line_one_step_at_a_time(small: IncidentDesk) -> None:
    assert small.escalate(ROSTER, MORNING + timedelta(minutes=59)) == []
    due = MORNING + timedelta(hours=1)
    told = []
    for hours in (0, 0, 0.5, 1, 2, 2.5, 9):
        small.escalate(ROSTER, due + timedelta(hours=hours))
        told.append(small.get(ID).escalated_to)
    assert told[:5] == ["Chief of ICU"] * 3 + ["Analytics", "CMO"]
    summaries = [each.summary for each in small.get(ID).timeline if each.kind == "escalated"]
    assert summaries[:3] == [
        f"acknowledge overdue: told {each}" for each in ("Chief of ICU", "Analytics", "CMO")
    ]
    assert small.verify() == ()


def test_an_incident_opened_again_climbs_from_the_start_of_its_line(small: IncidentDesk) -> None:
    for hours in (1, 2, 3):
        small.escalate(ROSTER, MORNING + timedelta(hours=hours))
    assert small.get(ID).escalated_to == "CMO"
    for step in ("acknowledge", "resolve"):
        small.take(ID, step, who(9), ROSTER)
    days = timedelta(days=1)
    again = replace(failure(day=date(2026, 9, 30), number=2), evaluated_at=NIGHT + days)
    small.record([again], ROSTER)
    assert small.get(ID).escalated_to == ""
    told = []
    for hours in (0.5, 1, 1.5, 2, 3):
        small.escalate(ROSTER, MORNING + days + timedelta(hours=hours))
        told.append(small.get(ID).escalated_to)
    assert told == ["", "Chief of ICU", "Chief of ICU", "Analytics", "CMO"]
    assert small.verify() == ()


@pytest.mark.parametrize("field", ["why", "cause", "capa"])
def test_words_that_look_like_an_identifier_are_refused_and_not_repeated(
    small: IncidentDesk, field: str
) -> None:
    small.take(ID, "acknowledge", who(), ROSTER)
    words = {"why": "as agreed", "cause": "drift", "capa": "retrained"}
    words[field] = "seen with MRN 48213377"
    with pytest.raises(IncidentError, match=f"--{field}: looks as if it held") as refused:
        small.take(ID, "resolve", who(why=words.pop("why")), ROSTER, **words)
    assert "48213377" not in str(refused.value)
    assert small.get(ID).status == "acknowledged"


def test_messages_follow_severity_quiet_hours_and_the_mornings_digest(tmp_path: Path) -> None:
    desk = opened(f"sqlite:///{tmp_path / 'desk.db'}", TELLING)
    desk.record([failure("no-show", number=2)], TELLING)
    queued = {each.message.key: each.next_at for each in desk.outbox.list()}
    assert queued == {
        "INC-2026-0001:1:opened:pager": NIGHT,
        "INC-2026-0001:1:opened:mail": NIGHT,
        "INC-2026-0001:1:opened:hook": NIGHT,
        "INC-2026-0002:1:opened:hook": NIGHT,
    }
    desk.take(ID, "acknowledge", who(0.5), TELLING)
    desk.escalate(TELLING, MORNING - timedelta(minutes=1))
    for _ in range(2):
        desk.escalate(TELLING, MORNING)
    digests = [each.message for each in desk.outbox.list() if "digest" in each.message.key]
    assert [each.key for each in digests] == ["digest:2026-09-30:mail"]
    assert "SEV3 INC-2026-0002 no-show" in digests[0].body and "audit trail: " in digests[0].body


def test_no_words_of_people_leave_in_a_message(tmp_path: Path) -> None:
    desk = IncidentDesk(f"sqlite:///{tmp_path / 'desk.db'}")
    desk.migrate()
    desk.report([harm(system="sepsis", narrative="Mrs Miller fell")], TELLING, "people", who())
    desk.take(ID, "mitigate", who(why="Mrs Miller is well"), TELLING, restriction="pause")
    messages = [each.message for each in desk.outbox.list()]
    assert len(messages) >= 5
    assert not any("Miller" in str(each) or "overbooked" in str(each) for each in messages)


def test_reports_join_the_queue_once_and_harm_raises_their_severity(desk: IncidentDesk) -> None:
    [change] = desk.report([harm()], ROSTER, "people", who())
    assert change is not None
    found = desk.get(change.incident)
    assert (found.severity, found.area, found.owner) == ("SEV2", "safety event", "Revenue")
    assert desk.report([harm()], ROSTER, "people", who()) == [None]
    [worse] = desk.report([harm(ncc_merp="I")], ROSTER, "people", who(7))
    assert worse is not None and worse.kind == "amended"
    found = desk.get(change.incident)
    assert (found.severity, found.duties[0].regime) == ("SEV1", "FDA")
    # Ten work days after 30 September 2026: Columbus Day, 12 October, is none of them.
    assert found.duties[0].due == datetime(2026, 10, 16, 4, 59, 59, tzinfo=UTC)
    assert len(desk.list()) == 2 and desk.verify() == ()


def test_harm_closes_only_filed_and_with_cause_and_capa(small: IncidentDesk) -> None:
    small.report([harm(ncc_merp="G")], ROSTER, "people", who())
    second = "INC-2026-0002"
    small.take(second, "acknowledge", who(), ROSTER)
    small.take(second, "resolve", who(), ROSTER)
    with pytest.raises(IncidentError, match="not filed yet: FDA"):
        small.take(second, "close", who(), ROSTER)
    small.take(second, "file", who(), ROSTER, regime="FDA")
    with pytest.raises(IncidentError, match="a cause and a CAPA"):
        small.take(second, "close", who(), ROSTER)
    small.take(second, "investigate", who(), ROSTER)
    small.take(second, "resolve", who(), ROSTER, cause="wrong slot length", capa="rule changed")
    assert small.take(second, "close", who(), ROSTER).status == "closed"


def test_the_european_clocks_run_in_calendar_days(small: IncidentDesk) -> None:
    europe = replace(ROSTER, regimes=("EU AI Act",))
    days = {}
    for number, fields in enumerate([{"ncc_merp": "G"}, {"ncc_merp": "I"}, {"widespread": True}]):
        told = harm(external_id=str(number), **fields)
        [change] = small.report([told], europe, "people", who())
        assert change is not None
        [duty] = small.get(change.incident).duties
        days[number] = (ROSTER.calendar.local_day(duty.due) - date(2026, 9, 30)).days
    assert days == {0: 15, 1: 10, 2: 2}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"narrative": "MRN 4471 was hurt"}, "narrative: looks as if"),
        ({"summary": "patient 12345678 harmed"}, "summary: looks as if"),
        ({"ncc_merp": "B"}, "ncc_merp B does not go with"),
        ({"patients_reached": 13}, "more patients reached than exposed"),
        ({"aware_at": "2026-09-30T02:00:00"}, "aware_at: "),
        ({"surprise": 1}, "surprise: Extra inputs"),
    ],
)
def test_a_report_that_breaks_a_rule_is_refused_by_field_without_its_value(
    fields: dict[str, object], told: str
) -> None:
    import json

    with pytest.raises(IncidentError, match=r"drop\.json: report 1: ") as caught:
        read_reports(json.dumps(harm().model_dump(mode="json") | fields), "drop.json")
    assert told in str(caught.value)
    assert "12345678" not in str(caught.value) and "4471" not in str(caught.value)


def _acknowledge(url: str, by: str) -> str:
    try:
        IncidentDesk(url).take(ID, "acknowledge", who(by=by), ROSTER)
    except ConflictError as error:
        return str(error)
    return "won"


def test_of_two_processes_that_acknowledge_one_wins_and_the_other_is_told(
    database: str, desk: IncidentDesk
) -> None:
    with ProcessPoolExecutor(2) as pool:
        told = [each.result() for each in [pool.submit(_acknowledge, database, by) for by in "AB"]]
    winner = desk.get(ID).assignee
    assert sorted(told, key=len)[0] == "won"
    assert f"is acknowledged (acknowledged by {winner}" in max(told, key=len)
    assert [entry.kind for entry in desk.get(ID).timeline] == ["opened", "acknowledged"]


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
