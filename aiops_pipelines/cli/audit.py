"""`aiops audit`: is the record of the incident desk whole? `aiops deliveries`: what was sent?"""

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from aiops_pipelines.cli.app import audit_app, console, deliveries_app, errors, told
from aiops_pipelines.cli.incidents import AsJson, print_json, the_desk
from aiops_pipelines.errors import DeliveryError, IncidentError
from aiops_pipelines.incidents import Head

STATES = ("waiting", "sent", "dead")


class DeliveryState(StrEnum):
    """What can become of a message."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@audit_app.command()
@told
def verify(
    noted: Annotated[
        str | None, typer.Option("--head", help="A head noted earlier, COUNT:HASH.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every record of the audit trail and every row it tells of; exit 1 if one is wrong."""
    try:
        head = Head.parse(noted) if noted else None
    except ValueError as error:
        raise IncidentError(
            "--head: a head is written COUNT:HASH; see: aiops audit head"
        ) from error
    desk = the_desk()
    findings = desk.verify(head)
    if as_json:
        print_json({"head": str(desk.head()), "findings": findings})
    else:
        for finding in findings:
            errors.print(finding, style="red", markup=False, soft_wrap=True)
        if not findings:
            console.print(f"the audit trail is whole; head {desk.head()}", soft_wrap=True)
    raise typer.Exit(1 if findings else 0)


@audit_app.command()
@told
def head() -> None:
    """Print the trail's length and last hash: note it where the database's owners can't write."""
    typer.echo(str(the_desk().head()))


@deliveries_app.command("list")
@told
def list_deliveries(
    state: Annotated[
        DeliveryState, typer.Option(help="Messages in this state.")
    ] = DeliveryState.DEAD,
    as_json: AsJson = False,
) -> None:
    """List messages of one state; by default those that could not be delivered."""
    if state not in STATES:
        raise DeliveryError(f"no state {state!r}; known: {', '.join(STATES)}")
    found = the_desk().outbox.list(state)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    table = Table("id", "channel", "subject", "tries", "error", title=f"{len(found)} {state}")
    for each in found:
        table.add_row(
            str(each.id),
            each.message.channel,
            escape(each.message.subject),
            str(each.attempts),
            escape(each.error),
        )
    console.print(table)


@deliveries_app.command()
@told
def retry(message: Annotated[int, typer.Argument(help="The message's id.")]) -> None:
    """Give a dead message a new life: it is sent with the next round."""
    the_desk().outbox.revive(message, datetime.now(UTC))
    console.print(f"message {message} waits again")
