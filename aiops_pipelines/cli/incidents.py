"""`aiops incidents`: the queue, as people read it and as programs do."""

import csv
import io
import json
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from aiops_pipelines.cli.app import console, incidents_app, told
from aiops_pipelines.incidents import Incident, IncidentDesk, Roster, Severity, Status, overdue
from aiops_pipelines.portfolio import read_portfolio
from aiops_pipelines.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
STYLES = {"SEV1": "bold red", "SEV2": "red", "SEV3": "yellow", "SEV4": "dim"}
_EXPORTED = (
    "id", "system", "check", "area", "severity", "status", "source", "external_id", "owner",
    "assignee", "escalated_to", "summary", "opened", "last_failed", "recovered_on", "detected_at",
    "acknowledge_by", "contain_by", "resolve_by", "acknowledged_at", "mitigated_at", "resolved_at",
    "closed_at", "duplicate_of", "cause", "capa", "system_version", "historical", "revision",
)  # fmt: skip


class Format(StrEnum):
    """What `export` writes."""

    CSV = "csv"
    JSON = "json"


@incidents_app.callback()
def about() -> None:
    """Work the incident queue: what failed, how grave it is, who has it, when it is due."""


def the_desk(settings: Settings | None = None) -> IncidentDesk:
    """Return the desk on an up-to-date database."""
    desk = IncidentDesk((settings or Settings.from_environment()).incidents_url)
    desk.migrate()
    return desk


def the_roster(settings: Settings | None = None) -> Roster:
    """Return the roster of the portfolio."""
    return Roster.of(read_portfolio((settings or Settings.from_environment()).portfolio))


@incidents_app.command("list")
@told
def list_incidents(
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    system: Annotated[str | None, typer.Option(help="Of one system.")] = None,
    severity: Annotated[
        Severity | None, typer.Option(case_sensitive=False, help="SEV1 to SEV4.")
    ] = None,
    status: Annotated[Status | None, typer.Option(help="In one state.")] = None,
    source: Annotated[str | None, typer.Option(help="checks, people, safety events.")] = None,
    late: Annotated[bool, typer.Option("--overdue", help="With a clock that has run out.")] = False,
    as_json: AsJson = False,
) -> None:
    """List incidents, the open ones first to be acted on."""
    now, desk = datetime.now(UTC), the_desk()
    found = desk.list(
        system=_known(desk, system),
        severity=severity,
        status=status,
        source=source,
        open_only=not every and status is None,
        overdue_at=now if late else None,
    )
    if as_json:
        print_json([asdict(each) for each in found])
        return
    console.print(incidents_table(found))


@incidents_app.command()
@told
def show(
    incident: Annotated[str, typer.Argument(help="The incident's id.")], as_json: AsJson = False
) -> None:
    """Show one incident: its clocks, its duties, its timeline with the evidence."""
    found = the_desk().get(incident)
    if as_json:
        print_json(asdict(found))
        return
    console.print(incident_page(found, the_roster().zone))


@incidents_app.command()
@told
def export(
    form: Annotated[Format, typer.Option("--format", help="csv or json.")] = Format.CSV,
    system: Annotated[str | None, typer.Option(help="Of one system.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write all incidents to standard output, for a spreadsheet or another program."""
    desk = the_desk()
    found = desk.list(system=_known(desk, system))
    if as_json or form is Format.JSON:
        print_json([asdict(each) for each in found])
        return
    typer.echo(incidents_csv(found), nl=False)


def _known(desk: IncidentDesk, system: str | None) -> str | None:
    """Return the system asked for; PortfolioError where neither portfolio nor queue knows it."""
    if system is not None and not desk.list(system=system):
        read_portfolio(Settings.from_environment().portfolio).system(system)
    return system


def print_json(tree: object) -> None:
    """Print JSON; times in ISO 8601."""
    typer.echo(json.dumps(tree, indent=2, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def incidents_csv(incidents: list[Incident]) -> str:
    """Return incidents as CSV in which no cell can be read as a formula (OWASP, CSV injection)."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_EXPORTED)
    for each in incidents:
        writer.writerow([_cell(getattr(each, name)) for name in _EXPORTED])
    return text.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else _plain(value)
    return f"'{text}" if text.lstrip()[:1] in {"=", "+", "-", "@"} or text[:1] in "\t\r" else text


def incidents_table(incidents: list[Incident], now: datetime | None = None) -> Table:
    """Return the incidents as a table people read in 80 columns: two lines an incident."""
    now = now or datetime.now(UTC)
    late = sum(overdue(each, now) for each in incidents)
    title = f"{len(incidents)} incidents" + (f", {late} overdue" if late else "")
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, expand=True)
    table.add_column("incident", no_wrap=True, width=13)
    table.add_column("what", ratio=1, overflow="ellipsis")
    table.add_column("state", no_wrap=True, width=16)
    for each in incidents:
        what = each.check or each.area
        recovered = f"\npasses since {each.recovered_on:%m-%d}" if each.recovered_on else ""
        clock = "[bold red]overdue[/]" if overdue(each, now) else f"since {each.opened}"
        table.add_row(
            f"{each.id}\n[{STYLES[each.severity]}]{each.severity}[/]",
            f"[bold]{each.system}[/] {what}\n{escape(shortened(each.summary))}",
            f"{each.status}\n{clock}{recovered}",
        )
    return table


def shortened(text: str, longest: int = 110) -> str:
    """Return a sentence cut at a word, so that a row stays a row; `show` has it whole."""
    if len(text) <= longest:
        return text
    return text[:longest].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def incident_page(each: Incident, zone: ZoneInfo) -> RenderableType:
    """Return one incident as people read it, times in the hospital's `zone`."""
    facts = Table.grid(padding=(0, 2))
    rows = {
        "system": f"{each.system} {each.system_version}".strip(),
        "what": f"{each.area} {each.check}".strip(),
        "state": f"{each.status}, revision {each.revision}",
        "owner": each.owner + (f"; with {each.assignee}" if each.assignee else ""),
        "escalated to": each.escalated_to,
        "acknowledge": _clock(zone, each.acknowledge_by, each.acknowledged_at),
        "contain": _clock(zone, each.contain_by, each.mitigated_at),
        "resolve": _clock(zone, each.resolve_by, each.resolved_at),
        **{
            duty.regime: f"{duty.duty}; {_clock(zone, duty.due, duty.done_at)}"
            for duty in each.duties
        },
        "cause": each.cause,
        "CAPA": each.capa,
        **{name: str(value) for name, value in each.safety.items() if value not in ("", None, [])},
    }
    for name, value in rows.items():
        if value:
            facts.add_row(name, escape(value))
    lines = Table("when", "who", "what", box=SIMPLE_HEAD, pad_edge=False)
    for entry in each.timeline:
        told_ = f"[bold]{entry.kind}[/] {escape(entry.summary)}"
        at = entry.at.astimezone(zone)
        lines.add_row(f"{at:%Y-%m-%d %H:%M}", escape(entry.by), told_)
    head = f"[{STYLES[each.severity]}]{each.severity}[/] [bold]{each.id}[/] {escape(each.summary)}"
    return Group(head, facts, lines)


def _clock(zone: ZoneInfo, due: datetime | None, done: datetime | None) -> str:
    if due is None:
        return ""
    by = f"by {due.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    return by if done is None else f"{by}; done {done.astimezone(zone):%Y-%m-%d %H:%M}"
