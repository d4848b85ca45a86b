"""`aiops contracts` and what the desk tells it: clocks that count from people's steps."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from upath import UPath

from aiops_pipelines.cli import app
from aiops_pipelines.contracts.desk_events import CONTRACT_CHECK
from aiops_pipelines.contracts.ledger import Ledger, LedgerRow
from aiops_pipelines.incidents import CheckOutcome, IncidentDesk, Roster
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import read_portfolio
from aiops_pipelines.verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]
SYSTEM, CLAUSE, ID = "lung-nodule-ct", "false-negatives", "INC-2026-0001"
SINCE = date(2026, 9, 22)  # a Tuesday; known when Wednesday begins
SOON, LATE = date(2026, 9, 24), date(2026, 11, 2)
NOTIFIED = ("incidents", "vendor", ID, "notified", "--why", "letter sent", "--by", "Ada")

Aiops = Callable[..., str]


@pytest.fixture
def aiops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Aiops:
    """Give the command on a hospital whose lung nodule clause stands in breach since SINCE."""
    home, systems = tmp_path / "var", tmp_path / "portfolio" / "systems"
    systems.mkdir(parents=True)
    shutil.copy(ROOT / "portfolio" / "hospital.yaml", systems.parent)
    text = (ROOT / "portfolio" / "systems" / f"{SYSTEM}.yaml").read_text()
    clocks = "cure_from: reported\n        response_days: 2\n        claim_days: 14\n"
    text = text.replace("cure_unit: work days\n", f"cure_unit: work days\n        {clocks}", 1)
    (systems / f"{SYSTEM}.yaml").write_text(text)
    monkeypatch.setenv("AIOPS_HOME", str(home))
    monkeypatch.setenv("AIOPS_PORTFOLIO", str(systems.parent))
    monkeypatch.setenv("COLUMNS", "160")
    ledger = Ledger(Lake(UPath(home / "lake")), SYSTEM, CLAUSE)
    for night in (SINCE, SOON, LATE):
        ledger.append(breach(night))
    desk = IncidentDesk(f"sqlite:///{home / 'incidents.db'}")
    desk.migrate()
    desk.record([failure()], Roster.of(read_portfolio(systems.parent)))

    def call(*arguments: str, fails: bool = False) -> str:
        done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert (done.exit_code != 0) is fails, done.output
        return done.stderr if fails else done.stdout

    return call


def breach(night: date) -> LedgerRow:
    return LedgerRow(
        system=SYSTEM, clause=CLAUSE, night=night, terms="t", metric="false_negative_rate",
        operating_point="alert", stratum="all", minimum=None, maximum=0.1, events=1, trials=6,
        events_total=60, trials_total=300, n=300, estimate=0.2, low=0.16, high=0.25,
        method="wilson", log_e_value=9.0, verdict=Verdict.BREACH, reason="above the limit",
        breached_since=SINCE,
    )  # fmt: skip


def failure() -> CheckOutcome:
    return CheckOutcome(
        system=SYSTEM, check=CONTRACT_CHECK, area="SLA", day=SINCE, as_of=SINCE,
        evaluated_at=datetime(2026, 9, 23, 7, tzinfo=UTC), passed=False, severity="error",
        summary="above the limit", evidence={}, evaluation_id=1,
    )  # fmt: skip


def remedy(aiops: Aiops, night: date) -> dict[str, Any]:
    [row] = json.loads(aiops("contracts", "status", "--json", "--day", str(night)))
    owed: dict[str, Any] = row["remedy"]
    return owed | {each["name"]: each["reading"] for each in owed["clocks"]}


def test_a_cure_period_from_notification_waits_for_the_desk_and_then_runs(aiops: Aiops) -> None:
    waiting = remedy(aiops, SOON)
    assert waiting["cure_by"] is None
    assert waiting["cure period"]["state"] == "not started"
    assert (waiting["credit"]["amount"], waiting["termination"]) == ("4500.00", False)
    aiops(*NOTIFIED, "--clause", CLAUSE, "--at", "2026-09-24 09:00:00")
    running = remedy(aiops, SOON)
    # Twenty work days after Thursday 24 September; 12 October is Columbus Day.
    assert running["cure_by"].startswith("2026-10-24 04:59:59")
    assert running["cure period"]["state"] == "running"
    assert running["claim of the credit"]["state"] == "met"
    assert "from 2026-09-24 (reported) ends with 2026-10-23" in running["working"]
    shown = aiops("contracts", "status", "--day", str(SOON))
    assert "breach" in shown and "cure period" in shown and str(SOON) in shown


def test_without_notification_in_time_the_credit_lapses_and_says_so(aiops: Aiops) -> None:
    late = remedy(aiops, LATE)
    assert (late["credit"]["amount"], late["claim of the credit"]["state"]) == ("0", "overdue")
    assert "lapsed, the vendor was not notified in time; it was 10%" in late["working"]
    assert late["termination"] is False


def test_a_vendor_that_does_not_answer_in_time_and_does_not_cure_is_said_so(aiops: Aiops) -> None:
    aiops(*NOTIFIED, "--at", "2026-09-24 09:00:00")
    silent = remedy(aiops, LATE)
    assert silent["response of the vendor"]["state"] == "overdue"
    assert silent["termination"] is True and silent["credit"]["amount"] == "4500.00"
    answered = ("incidents", "vendor", ID, "answered", "--why", "mail", "--by", "Ada")
    aiops(*answered, "--at", "2026-09-25 17:00:00")
    assert remedy(aiops, LATE)["response of the vendor"]["state"] == "met"
    assert json.loads(aiops("incidents", "show", ID, "--json"))["timeline"][-1]["kind"] == (
        "vendor answered"
    )
    assert "is whole" in aiops("audit", "verify")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("informed",), "no vendor event 'informed'; known: notified, answered"),
        (("notified", "--clause", "nope"), "no clause 'nope' in the contract; known: false-"),
        (("notified", "--at", "2999-01-01"), "lies in the future"),
        (("answered",), "was not notified yet"),
    ],
)
def test_a_vendors_event_that_cannot_be_is_refused(
    aiops: Aiops, arguments: tuple[str, ...], told: str
) -> None:
    call = ("incidents", "vendor", ID, *arguments, "--why", "letter", "--by", "Ada")
    assert told in aiops(*call, fails=True)


def test_a_notification_is_on_record_once(aiops: Aiops) -> None:
    aiops(*NOTIFIED)
    assert "is on record for" in aiops(*NOTIFIED, "--clause", CLAUSE, fails=True)


def test_a_ledger_is_shown_night_by_night_and_an_unknown_clause_names_the_known(
    aiops: Aiops,
) -> None:
    shown = aiops("contracts", "show", SYSTEM, CLAUSE)
    assert "2026-09-24" in shown and "0.200 (0.160 to 0.250)" in shown and "60 of 300" in shown
    rows = json.loads(aiops("contracts", "show", SYSTEM, CLAUSE, "--json"))
    assert [row["night"] for row in rows] == ["2026-09-22", "2026-09-24", "2026-11-02"]
    assert f"known: {CLAUSE}" in aiops("contracts", "show", SYSTEM, "nope", fails=True)
    assert "nope" in aiops("contracts", "show", "nope", CLAUSE, fails=True)
