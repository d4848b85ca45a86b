"""The incident commands as a person and a program use them."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aiops_pipelines.cli import app
from aiops_pipelines.cli.incidents import incidents_csv
from aiops_pipelines.incidents import IncidentDesk

ROOT = Path(__file__).resolve().parents[2]
REPORT = (
    "incidents", "report", "--system", "lung-nodule-ct", "--summary", "=A nodule was not marked",
    "--class", "near miss", "--exposed", "3", "--reached", "0", "--by", "Ada", "--json",
)  # fmt: skip


@pytest.fixture
def aiops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AIOPS_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("AIOPS_PORTFOLIO", str(ROOT / "portfolio"))
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str, fails: bool = False) -> str:
        done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert (done.exit_code != 0) is fails, done.output
        return done.stderr if fails else done.stdout

    return call


def test_an_incident_is_reported_worked_and_closed_from_the_command_line(aiops) -> None:
    reported = json.loads(aiops(*REPORT))
    assert reported["safety"]["ahrq_class"] == "near miss"
    incident = reported["id"]
    assert incident in aiops("incidents", "list") and "near miss" in aiops(
        "incidents", "show", incident
    )
    aiops("incidents", "ack", incident, "--by", "Ada")
    assert "acknowledged by Ada" in aiops("incidents", "ack", incident, "--by", "Bo", fails=True)
    paused = aiops(
        "incidents",
        "mitigate",
        incident,
        "--pause",
        "--why",
        "marks are off",
        "--by",
        "Ada",
        "--json",
    )
    assert json.loads(paused)["status"] == "mitigated"
    assert IncidentDesk(f"sqlite:///{Path(aiops_home())}/incidents.db").restrictions()
    aiops("incidents", "comment", incident, "--why", "vendor called", "--by", "Ada")
    aiops("incidents", "lift", incident, "--why", "new version", "--by", "Ada")
    aiops("incidents", "resolve", incident, "--why", "threshold mended", "--by", "Ada")
    closed = json.loads(
        aiops("incidents", "close", incident, "--why", "ok", "--by", "Bo", "--json")
    )
    assert [entry["kind"] for entry in closed["timeline"]][-1] == "closed"
    assert json.loads(aiops("incidents", "list", "--json")) == []
    assert "is whole" in aiops("audit", "verify")
    aiops("audit", "verify", "--head", "999:abc", fails=True)


def aiops_home() -> str:
    import os

    return os.environ["AIOPS_HOME"]


def test_an_export_holds_no_formula(aiops) -> None:
    aiops(*REPORT)
    [row] = csv.DictReader(io.StringIO(aiops("incidents", "export")))
    assert row["summary"] == "'=A nodule was not marked"
    assert json.loads(aiops("incidents", "export", "--json"))[0]["summary"][0] == "="
    assert incidents_csv([]).startswith('"id","system"')


def test_a_drop_is_taken_once_and_a_wrong_one_refused_with_its_reason(aiops, tmp_path) -> None:
    folder = Path(aiops_home()) / "safety-events"
    folder.mkdir(parents=True)
    right = {
        "external_id": "PSE-1", "system": "no-show", "summary": "Overbooked", "ncc_merp": None,
        "ahrq_class": "unsafe condition", "aware_at": datetime(2026, 9, 1, tzinfo=UTC).isoformat(),
    }  # fmt: skip
    for name, tree in {"a": right, "b": right | {"ahrq_class": "bad"}, "c": [right]}.items():
        (folder / f"{name}.json").write_text(json.dumps(tree))
    assert "b.json: report 1: ahrq_class" in aiops("incidents", "import", fails=True)
    assert len(json.loads(aiops("incidents", "list", "--json"))) == 1
    assert sorted(str(each.relative_to(folder)) for each in folder.rglob("*.*")) == [
        "refused/b.json", "refused/b.reason.txt", "taken/a.json", "taken/c.json",
    ]  # fmt: skip


def test_the_doctor_names_a_channel_without_its_secret(aiops, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "portfolio"
    folder.mkdir()
    text = (ROOT / "portfolio" / "hospital.yaml").read_text()
    text += "notifications: {channels: [{name: mail, url_env: OUR_MAIL_URL}]}\n"
    (folder / "hospital.yaml").write_text(text)
    monkeypatch.setenv("AIOPS_PORTFOLIO", str(folder))
    done = CliRunner().invoke(app, ["doctor"])
    assert "OUR_MAIL_URL" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ack", "{id}", "--by", " "), "acknowledge needs --by"),
        (("assign", "{id}", "--to", "", "--by", "Ada"), "assign needs --to"),
        (("comment", "{id}", "--why", " ", "--by", "Ada"), "comment needs --why"),
        (("comment", "{id}", "--why", "\x1b[2J", "--by", "Ada"), "--why: holds a control"),
        (("comment", "{id}", "--why", "ok", "--by", "A\u202eda"), "--by: holds a control"),
        (("vendor", "{id}", "notified", "--why", "x", "--by", "Ada"), "is about safety event"),
        (("show", "INC-2026-9999"), "no incident 'INC-2026-9999'"),
        (("list", "--system", "nope"), "nope"),
        (("list", "--severity", "SEV9"), "SEV9"),
        (("list", "--status", "nope"), "nope"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_not_an_empty_answer(aiops, arguments, told) -> None:
    incident = json.loads(aiops(*REPORT))["id"]
    assert told in aiops("incidents", *(each.format(id=incident) for each in arguments), fails=True)


def test_times_are_the_hospitals_and_markup_is_text(aiops, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    incident = json.loads(aiops(*REPORT, "--aware", "2026-09-01 08:00:00"))["id"]
    aiops("incidents", "comment", incident, "--why", "[bold]<script>[/nope]", "--by", "Ada")
    shown = aiops("incidents", "show", incident)
    assert "[bold]<script>[/nope]" in shown and (" CST" in shown or " CDT" in shown)
    assert json.loads(aiops("incidents", "list", "--json", "--system", "no-show")) == []
