"""`aiops contracts`: what vendors promised, how it stands, and what a breach entitles to."""

import dataclasses
import json
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from aiops_pipelines.atomic import write_file
from aiops_pipelines.cli.app import console, contracts_app, told
from aiops_pipelines.cli.incidents import the_desk
from aiops_pipelines.cli.reports import issue_report, opened_issues
from aiops_pipelines.contracts.desk_events import CONTRACT_CHECK
from aiops_pipelines.contracts.ledger import LedgerRow
from aiops_pipelines.contracts.standing import Standing, ledger_rows, standings
from aiops_pipelines.errors import DeliveryError
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import load_portfolio
from aiops_pipelines.settings import Settings


@contracts_app.callback()
def about() -> None:
    """Read the evidence ledger: each clause's verdict, and the remedy of a breach."""


@contracts_app.command("status")
@told
def status(
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="As of a night, else the last."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every clause of every contract with its verdict, one row a clause.

    Its clocks stand as they do now; with --day as they did when that night was known.
    """
    settings = Settings.from_environment()
    book, lake = load_portfolio(settings.portfolio), Lake(settings.lake)
    night, now = (day.date(), None) if day else (date.max, datetime.now(UTC))
    incidents = the_desk(settings).list(timelines_of=CONTRACT_CHECK)
    found = [
        standing
        for system in book.monitored
        for standing in standings(lake, system, book.hospital.calendar, night, incidents, now)
    ]
    if as_json:
        typer.echo(json.dumps([_record(each) for each in found], indent=2, default=str))
        return
    if not found:
        console.print("No clause was evaluated up to then; a night does it: aiops run --day DAY")
        return
    table = Table(title=f"{len(found)} clauses", show_lines=True)
    for heading in ("system, clause", "verdict, night"):
        table.add_column(heading, no_wrap=heading != "system, clause")
    table.add_column("why, and what follows", ratio=1)
    for each in found:
        remedy = f"\n[bold]{escape(each.entitlement.working)}[/]" if each.entitlement else ""
        table.add_row(
            f"[bold]{each.row.system}[/]\n{each.row.clause}",
            f"{each.row.verdict.value}\n{each.row.night}",
            escape(each.row.reason) + remedy,
        )
    console.print(table)


@contracts_app.command("show")
@told
def show(
    system: Annotated[str, typer.Argument(help="The system's id.")],
    clause: Annotated[str, typer.Argument(help="The clause's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a clause's evidence ledger, night by night: what came in and what it amounts to."""
    settings = Settings.from_environment()
    known = load_portfolio(settings.portfolio).system(system)
    rows = ledger_rows(Lake(settings.lake), known, clause)
    if as_json:
        typer.echo(json.dumps([_row(row) for row in rows], indent=2, default=str))
        return
    table = Table(title=f"{system} {clause}")
    for heading in ("night", "new", "total", "estimate", "over the period", "ln e", "verdict"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(
            str(row.night),
            _counts(row.events, row.trials),
            _counts(row.events_total, row.trials_total),
            _interval(row.estimate, row.low, row.high),
            _interval(row.period_estimate, row.sequence_low, row.sequence_high),
            "" if row.log_e_value is None else f"{row.log_e_value:.1f}",
            row.verdict.value,
        )
    console.print(table)


@contracts_app.command("evidence")
@told
def evidence(
    system: Annotated[str, typer.Argument(help="The system's id.")],
    clause: Annotated[str, typer.Argument(help="The clause's id, or change-notice.")],
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="As of a night, else the last."),
    ] = None,
    send: Annotated[
        bool, typer.Option(help="Send it to those that hospital.yaml names under `reports`.")
    ] = False,
    again_because: Annotated[
        str, typer.Option(help="Send the next version, and say why; needed once it was sent.")
    ] = "",
) -> None:
    """Write the evidence pack on a clause as PDF, for the vendor, and print its path.

    aiops contracts evidence lung-nodule-ct false-negatives --day 2026-09-30
    """
    from aiops_pipelines.reports import (
        evidence_file,
        finished_evidence,
        render_pack,
        too_near,
    )

    settings = Settings.from_environment()
    book, lake = load_portfolio(settings.portfolio), Lake(settings.lake)
    known = ledger_rows(lake, book.system(system), clause)
    nights = [row.night for row in known if day is None or row.night <= day.date()]
    night = max(nights, default=day.date() if day else date.max)
    incidents = the_desk(settings).list(timelines_of=CONTRACT_CHECK)
    pdf = render_pack(book, lake, system, clause, night, incidents)
    path = write_file(settings.reports / evidence_file(system, clause, night), pdf)
    typer.echo(path)
    if send or again_because:
        sent = opened_issues(settings)[0].periods("evidence")
        near = too_near(lake, book.system(system), clause, night, sent)
        if near and not again_because:
            raise DeliveryError(
                f"the pack of {near[-1]} was sent: from both, a count under 11 could be worked "
                "out. Send the pack of a later night, or say --again-because to answer for it"
            )
        finished = finished_evidence(book, lake, settings.reports, system, clause, night)
        issue_report(settings, book, finished, again_because)


def _record(each: Standing) -> dict[str, Any]:
    remedy = dataclasses.asdict(each.entitlement) if each.entitlement else None
    return _row(each.row) | {"remedy": remedy}


def _row(row: LedgerRow) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(row).items() if name != "state"}


def _counts(events: int | None, trials: int | None) -> str:
    return "" if trials is None else f"{events} of {trials}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "-"
    if low is None or high is None:
        return f"{value:.3f}"
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
