"""People at the desk: legal steps, conflicts, reports, clocks, escalation, messages."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from desk_hospital import ID, MORNING, NIGHT, ROSTER, TELLING, failure, harm, opened, who

from aiops_pipelines.errors import ConflictError, IncidentError
from aiops_pipelines.incidents import (
    IncidentDesk,
    read_reports,
)


@pytest.fixture
def desk(database: str) -> IncidentDesk:
    return opened(database)


@pytest.fixture
def small(tmp_path: Path) -> IncidentDesk:
    return opened(f"sqlite:///{tmp_path / 'desk.db'}")


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


def test_an_incident_is_no_duplicate_of_another_systems(small: IncidentDesk) -> None:
    small.record([failure(system="no-show", number=2)], ROSTER)
    with pytest.raises(IncidentError, match="is about sepsis"):
        small.take("INC-2026-0002", "duplicate", who(), ROSTER, of=ID)


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
