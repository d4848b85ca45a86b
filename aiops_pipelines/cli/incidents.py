"""`aiops incidents`: the queue."""

import dataclasses
import json
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from aiops_pipelines.cli.app import console, incidents_app, told
from aiops_pipelines.incidents import Incident, IncidentDesk
from aiops_pipelines.settings import Settings


@incidents_app.callback()
def about() -> None:
    """Work the incident queue: what failed, how grave it is, who has it, when it is due."""


@incidents_app.command("list")
@told
def list_incidents(
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    system: Annotated[str | None, typer.Option(help="Of one system.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List incidents, the open ones first to be acted on."""
    desk = IncidentDesk(Settings.from_environment().incidents_url)
    desk.migrate()
    found = desk.list(system=system, open_only=not every)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2, default=str))
        return
    console.print(incidents_table(found))


def incidents_table(incidents: list[Incident]) -> Table:
    """Return the incidents as a table people read in a terminal of 80 columns."""
    table = Table(title=f"{len(incidents)} incidents", show_lines=True)
    for heading in ("id", "severity", "since"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what", ratio=1)
    for each in incidents:
        state = "" if each.status == "open" else f", {each.status}"
        recovered = f", passes again since {each.recovered_on}" if each.recovered_on else ""
        table.add_row(
            each.id,
            each.severity,
            str(each.opened),
            f"[bold]{each.system}[/] {each.check}{state}{recovered}\n{escape(each.summary)}",
        )
    return table
