"""`aiops status`: one row a system."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from aiops_pipelines.cli.app import app, console, errors, told
from aiops_pipelines.errors import LakeError
from aiops_pipelines.evaluation.exact import exact_figures
from aiops_pipelines.evaluation.portfolio_evidence import portfolio_evidence
from aiops_pipelines.evaluation.status import TABLES, SystemStatus, portfolio_status
from aiops_pipelines.incidents import Incident, IncidentDesk, Restriction
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Portfolio, read_portfolio
from aiops_pipelines.settings import Settings
from aiops_pipelines.verdict import Verdict

STYLES = {
    Verdict.NOT_JUDGED: "dim",
    Verdict.OK: "green",
    Verdict.INSUFFICIENT_DATA: "dim",
    Verdict.WARN: "yellow",
    Verdict.BREACH: "bold red",
}
SIGNS = {
    Verdict.NOT_JUDGED: "·",
    Verdict.OK: "✓",
    Verdict.INSUFFICIENT_DATA: "?",
    Verdict.WARN: "!",
    Verdict.BREACH: "✗",
}
SHORT = {
    Area.INTEGRITY: "int",
    Area.DATA_QUALITY: "data",
    Area.PERFORMANCE: "perf",
    Area.CALIBRATION: "cal",
    Area.DRIFT: "drift",
    Area.BIAS: "bias",
    Area.SLA: "SLA",
}


@app.command()
@told
def status(
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The night's day; default: the last evaluated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say for each system: stage, risk tier, verdict per area, why, open incidents.

    The figures of the night as last evaluated. `--json` is for programs:

    `aiops status --day 2026-09-30 --json`
    """
    settings = Settings.from_environment()
    book = read_portfolio(settings.portfolio)
    for problem in book.problems:
        errors.print(problem, style="yellow", markup=False, soft_wrap=True)
    lake = Lake(settings.lake)
    last = last_evaluated(lake, book)
    chosen = day.date() if day else last
    statuses = portfolio_status(book, lake, chosen)
    if not any(area.figures for each in statuses for area in each.areas.values()):
        raise LakeError(
            f"no night of {chosen} was evaluated; the last one is {last}. "
            f"To evaluate it: aiops run --day {chosen}"
        )
    incidents = open_incidents(settings)
    restrictions = IncidentDesk(settings.incidents_url).restrictions()
    if as_json:
        typer.echo(
            json.dumps([as_record(each, incidents, restrictions) for each in statuses], indent=2)
        )
        return
    console.print(status_table(statuses, incidents, chosen, restrictions))
    console.print(portfolio_evidence(statuses).sentence, style="dim")
    missed = (datetime.now(book.hospital.zone).date() - last).days - 1
    if day is None and missed > 0:
        console.print(
            f"The last {missed} days were not evaluated: aiops run --day DAY", style="dim"
        )


@app.command()
@told
def exact(
    system: Annotated[str, typer.Argument(help="The system's id.")],
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute figures from the cases themselves instead of daily statistics, for a dispute."""
    settings = Settings.from_environment()
    chosen = read_portfolio(settings.portfolio).system(system)
    figures = exact_figures(Lake(settings.lake), chosen, start.date(), end.date())
    if as_json:
        typer.echo(json.dumps({name: asdict(found) for name, found in figures.items()}, indent=2))
        return
    table = Table(title=f"{system}, labelled cases {start.date()} to {end.date()}")
    for heading in ("figure", "estimate", "interval", "n", "method"):
        table.add_column(heading)
    for name, found in figures.items():
        interval = "" if found.low is None else f"{found.low:.4f} to {found.high:.4f}"
        value = "none" if found.value is None else f"{found.value:.6f}"
        table.add_row(name, value, interval, f"{found.n:,}", found.method)
    console.print(table)


def last_evaluated(lake: Lake, book: Portfolio) -> date:
    """Return the last day for which any system has figures; LakeError when there is none."""
    days = [
        day
        for system in book.monitored
        for table in TABLES.values()
        for day in lake.days(table, system.id)[-1:]
    ]
    if not days:
        raise LakeError("nothing is evaluated yet; run `aiops demo`, or `aiops run --day DAY`")
    return max(days)


def open_incidents(settings: Settings) -> list[Incident]:
    """Return the open incidents, oldest first."""
    desk = IncidentDesk(settings.incidents_url)
    desk.migrate()
    return desk.list(open_only=True)


def status_table(
    statuses: list[SystemStatus],
    incidents: list[Incident],
    day: date,
    restrictions: Sequence[Restriction] = (),
) -> RenderableType:
    """Return the status as people read it in 80 columns: signs first, then reasons."""
    judged = [verdict for verdict in Verdict if verdict is not Verdict.NOT_JUDGED]
    legend = "  ".join(f"[{STYLES[verdict]}]{SIGNS[verdict]}[/] {verdict}" for verdict in judged)
    title = f"AI systems, night of {day}"
    table = Table(
        title=title, caption=legend, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
    )
    table.add_column("system", no_wrap=True)
    table.add_column("stage,\ntier", no_wrap=True)
    for area in Area:
        table.add_column(SHORT[area], justify="center", no_wrap=True, min_width=len(SHORT[area]))
    table.add_column("open", justify="right", no_wrap=True, min_width=4)
    for each in statuses:
        signs = [each.areas[area].verdict for area in Area]
        table.add_row(
            each.system.id,
            f"{_stage(each, restrictions)}, {each.system.tier.value}",
            *(f"[{STYLES[verdict]}]{SIGNS[verdict]}[/]" for verdict in signs),
            str(sum(incident.system == each.system.id for incident in incidents)),
        )
    reasons = Table.grid(padding=(0, 1))
    for each in sorted(statuses, key=lambda status: -status.verdict.gravity):
        if each.verdict is not Verdict.OK:
            sign = f"[{STYLES[each.verdict]}]{SIGNS[each.verdict]}[/]"
            reasons.add_row(sign, f"[bold]{each.system.id}[/] {escape(why(each))}")
    for held in restrictions:
        words = "paused" if held.kind == "pause" else f"under {held.kind}"
        told_ = f"{words} since {held.since:%Y-%m-%d} by {held.by} ({held.incident}): {held.reason}"
        reasons.add_row("[bold]■[/]", f"[bold]{held.system}[/] {escape(told_)}")
    return Group(table, reasons)


def _stage(each: SystemStatus, restrictions: Sequence[Restriction]) -> str:
    """Return the system's stage, or that it is restricted by a mitigation in force."""
    held = any(restriction.system == each.system.id for restriction in restrictions)
    return "restricted" if held else each.system.lifecycle.stage.value


def why(each: SystemStatus) -> str:
    """Return the reasons for a system's gravest verdict, or that all is well."""
    if each.verdict is Verdict.OK:
        return "all areas within their limits"
    grave = [area for area in each.areas.values() if area.verdict is each.verdict]
    return "; ".join(f"{area.area}: {area.reason}" for area in grave)


def as_record(
    each: SystemStatus, incidents: list[Incident], restrictions: Sequence[Restriction] = ()
) -> dict[str, Any]:
    """Return a system's status as JSON-safe data."""
    return {
        "system": each.system.id,
        "day": each.day.isoformat(),
        "stage": each.system.lifecycle.stage,
        "risk_tier": each.system.tier.value,
        "verdict": each.verdict,
        "why": why(each),
        "areas": {
            area.value: {"verdict": found.verdict, "reason": found.reason}
            for area, found in each.areas.items()
        },
        "restrictions": [
            {"kind": held.kind, "incident": held.incident, "since": held.since.isoformat()}
            for held in restrictions
            if held.system == each.system.id
        ],
        "open_incidents": [
            incident.id for incident in incidents if incident.system == each.system.id
        ],
    }
