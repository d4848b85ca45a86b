"""`aiops incidents`: the steps of people, each with who, when and why."""

import getpass
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from aiops_pipelines.cli.app import console, incidents_app, told
from aiops_pipelines.cli.incidents import AsJson, print_json, the_desk, the_roster
from aiops_pipelines.contracts.desk_events import CONTRACT_CHECK
from aiops_pipelines.contracts.standing import clause_ids
from aiops_pipelines.errors import IncidentError
from aiops_pipelines.incidents import SafetyReport, Who, import_drops, import_file
from aiops_pipelines.portfolio import read_portfolio
from aiops_pipelines.settings import Settings

Id = Annotated[str, typer.Argument(help="The incident's id.")]
By = Annotated[
    str, typer.Option("--by", help="Who takes the step.", default_factory=getpass.getuser)
]
Why = Annotated[str, typer.Option("--why", help="The reason, kept for ever; no patient's data.")]
Seen = Annotated[
    int | None, typer.Option("--revision", help="Refuse if it has changed since this revision.")
]


def _take(
    incident: str, step: str, by: str, why: str, seen: int | None, as_json: bool, **values: str
) -> None:
    who = Who(by, datetime.now(UTC), why)
    after = the_desk().take(incident, step, who, the_roster(), expected=seen, **values)
    if as_json:
        print_json(asdict(after))
        return
    console.print(f"{after.id} is {after.status}, revision {after.revision}")


@incidents_app.command()
@told
def ack(
    incident: Id, by: By, why: Why = "", revision: Seen = None, as_json: AsJson = False
) -> None:
    """Acknowledge: somebody has it."""
    _take(incident, "acknowledge", by, why, revision, as_json)


@incidents_app.command()
@told
def assign(
    incident: Id,
    by: By,
    to: Annotated[str, typer.Option("--to", help="Who has it from now on.")],
    revision: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Hand an incident to somebody."""
    _take(incident, "assign", by, "", revision, as_json, to=to)


@incidents_app.command()
@told
def comment(incident: Id, by: By, why: Why, revision: Seen = None, as_json: AsJson = False) -> None:
    """Write on the timeline."""
    _take(incident, "comment", by, why, revision, as_json)


@incidents_app.command()
@told
def investigate(
    incident: Id, by: By, why: Why = "", revision: Seen = None, as_json: AsJson = False
) -> None:
    """Look for the cause; also takes a resolved incident up again."""
    _take(incident, "investigate", by, why, revision, as_json)


@incidents_app.command()
@told
def mitigate(
    incident: Id,
    by: By,
    why: Why,
    pause: Annotated[bool, typer.Option("--pause", help="The system is paused.")] = False,
    review: Annotated[
        bool, typer.Option("--heightened-review", help="People check every output.")
    ] = False,
    revision: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Say what keeps patients safe for now; a restriction is shown until it is lifted."""
    if pause and review:
        raise IncidentError("either --pause or --heightened-review")
    kind = "pause" if pause else "heightened review" if review else ""
    values = {"restriction": kind} if kind else {}
    _take(incident, "mitigate", by, why, revision, as_json, **values)


@incidents_app.command()
@told
def lift(incident: Id, by: By, why: Why, revision: Seen = None, as_json: AsJson = False) -> None:
    """Lift the restrictions that an incident holds over its system."""
    _take(incident, "lift", by, why, revision, as_json)


@incidents_app.command()
@told
def resolve(
    incident: Id,
    by: By,
    why: Why,
    cause: Annotated[str, typer.Option(help="The root cause.")] = "",
    capa: Annotated[str, typer.Option(help="Corrective and preventive action.")] = "",
    revision: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Say what mended it."""
    values = {name: value for name, value in (("cause", cause), ("capa", capa)) if value}
    _take(incident, "resolve", by, why, revision, as_json, **values)


@incidents_app.command()
@told
def close(incident: Id, by: By, why: Why, revision: Seen = None, as_json: AsJson = False) -> None:
    """Close a resolved incident; only a person can."""
    _take(incident, "close", by, why, revision, as_json)


@incidents_app.command()
@told
def duplicate(
    incident: Id,
    by: By,
    why: Why,
    of: Annotated[str, typer.Option("--of", help="The incident it repeats.")],
    revision: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Set an incident aside as a repeat of another."""
    _take(incident, "duplicate", by, why, revision, as_json, of=of)


@incidents_app.command("false-alarm")
@told
def false_alarm(
    incident: Id, by: By, why: Why, revision: Seen = None, as_json: AsJson = False
) -> None:
    """Set an incident aside as a false alarm, with the reason."""
    _take(incident, "false-alarm", by, why, revision, as_json)


@incidents_app.command("filed")
@told
def filed(
    incident: Id,
    by: By,
    regime: Annotated[str, typer.Option(help="FDA or EU AI Act.")],
    why: Why,
    as_json: AsJson = False,
) -> None:
    """Record that a report to a regulator or manufacturer was sent."""
    _take(incident, "file", by, why, None, as_json, regime=regime)


@incidents_app.command()
@told
def vendor(
    incident: Id,
    event: Annotated[str, typer.Argument(help="notified or answered.")],
    by: By,
    why: Why,
    clause: Annotated[
        str, typer.Option(help="The clause's id; default: every clause in breach.")
    ] = "",
    at: Annotated[datetime | None, typer.Option(help="Default: now. Hospital's time.")] = None,
    revision: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Record that the vendor was told of a breach, or answered: contract clocks count from it.

    aiops incidents vendor INC-2026-0003 notified --clause false-negatives --why "letter of today"
    """
    book, desk = read_portfolio(Settings.from_environment().portfolio), the_desk()
    about = desk.get(incident)
    if about.check != CONTRACT_CHECK:
        raise IncidentError(
            f"{about.id} is about {about.check or about.area}: contract clocks count from the "
            f"incident of {CONTRACT_CHECK}; see: aiops incidents list --system {about.system}"
        )
    known = clause_ids(book.system(about.system))
    if clause and clause not in known:
        raise IncidentError(f"no clause {clause!r} in the contract; known: {', '.join(known)}")
    moment = at.replace(tzinfo=book.hospital.zone) if at else datetime.now(UTC)
    values = {"event": event, "clause": clause, "at": moment.isoformat()}
    _take(incident, "vendor", by, why, revision, as_json, **values)


@incidents_app.command()
@told
def report(
    by: By,
    system: Annotated[str, typer.Option(help="The AI system's id.")],
    summary: Annotated[str, typer.Option(help="What happened, without naming anybody.")],
    ahrq_class: Annotated[
        str,
        typer.Option(
            "--class",
            help="incident with harm, incident without harm, near miss, unsafe condition.",
        ),
    ],
    ncc_merp: Annotated[str | None, typer.Option(help="NCC MERP category A to I.")] = None,
    aware: Annotated[datetime | None, typer.Option(help="Default: now. Hospital's time.")] = None,
    occurred: Annotated[datetime | None, typer.Option(help="Hospital's time.")] = None,
    exposed: Annotated[int | None, typer.Option(help="Patients exposed.")] = None,
    reached: Annotated[int | None, typer.Option(help="Patients reached.")] = None,
    factor: Annotated[list[str] | None, typer.Option(help="Contributing factor; repeat.")] = None,
    action: Annotated[str, typer.Option(help="Immediate action.")] = "",
    location: Annotated[str, typer.Option(help="Where.")] = "",
    ticket: Annotated[str, typer.Option(help="The vendor's ticket.")] = "",
    narrative: Annotated[str, typer.Option(help="The story, without naming anybody.")] = "",
    widespread: Annotated[bool, typer.Option("--widespread", help="Many sites.")] = False,
    external_id: Annotated[str | None, typer.Option(help="Your own number.")] = None,
    as_json: AsJson = False,
) -> None:
    """Report a safety event, a near miss or an unsafe condition of an AI system."""
    roster, now = the_roster(), datetime.now(UTC)
    fields = {
        "external_id": external_id, "system": system, "summary": summary,
        "ahrq_class": ahrq_class, "ncc_merp": ncc_merp,
        "aware_at": aware.replace(tzinfo=roster.zone) if aware else now,
        "occurred_at": occurred.replace(tzinfo=roster.zone) if occurred else None,
        "patients_exposed": exposed, "patients_reached": reached,
        "contributing_factors": tuple(factor or ()), "immediate_action": action,
        "location": location, "vendor_ticket": ticket, "narrative": narrative,
        "widespread": widespread,
    }  # fmt: skip
    try:
        told_report = SafetyReport.model_validate(fields)
    except ValidationError as error:
        raise IncidentError(
            "\n".join(
                f"{'.'.join(map(str, issue['loc'])) or 'report'}: "
                f"{issue['msg'].removeprefix('Value error, ')}"
                for issue in error.errors(include_input=False)
            )
        ) from error
    desk = the_desk()
    [change] = desk.report([told_report], roster, "people", Who(by, now))
    if change is None:
        raise IncidentError(f"report {external_id} is known already, with the same content")
    if as_json:
        print_json(asdict(desk.get(change.incident)))
        return
    console.print(f"{change.incident} {change.kind}")


@incidents_app.command("import")
@told
def import_reports(
    file: Annotated[
        Path | None, typer.Argument(help="A JSON file; default: the folder AIOPS_SAFETY_EVENTS.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take in reports of the hospital's safety-event system; the same ones again change nothing."""
    settings, now = Settings.from_environment(), datetime.now(UTC)
    desk, roster = the_desk(settings), the_roster(settings)
    refused: tuple[str, ...] = ()
    if file is not None:
        changes = import_file(file, desk, roster, now)
    else:
        taken = import_drops(settings.safety_events, desk, roster, now)
        changes, refused = list(taken.changes), taken.refused
    if as_json:
        print_json({"changes": [asdict(each) for each in changes], "refused": refused})
    else:
        for each in changes:
            console.print(f"{each.incident} {each.kind}")
        console.print(f"{len(changes)} reports taken, {len(refused)} files refused")
    if refused:
        raise IncidentError("\n".join(refused))
