"""`aiops reports`: which reports were issued, to whom, and issuing one on purpose."""

import dataclasses
import json
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from aiops_pipelines.atomic import write_file
from aiops_pipelines.cli.app import console, reports_app, told
from aiops_pipelines.delivery import FinishedReport, Outbox, ReportIssue, ReportIssues
from aiops_pipelines.errors import DeliveryError
from aiops_pipelines.incidents import IncidentDesk
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Portfolio, load_portfolio
from aiops_pipelines.settings import Settings


@reports_app.callback()
def about() -> None:
    """See which reports went out, and issue one on purpose."""


@reports_app.command("list")
@told
def list_issues(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the versions of reports that were sent, and how each delivery stands."""
    settings = Settings.from_environment()
    issues, outbox = opened_issues(settings)
    rows = [_told(issue, outbox) for issue in issues.list()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    table = Table(title=f"{len(rows)} issues of reports")
    for heading in ("report", "period", "version", "issued", "why", "deliveries"):
        table.add_column(heading)
    for row in rows:
        states = "\n".join(f"{each['to']}: {each['state']}" for each in row["deliveries"])
        cells = ("report", "period", "version", "issued_at", "reason")
        table.add_row(*(str(row[name]) for name in cells), states or "to nobody")
    console.print(table)


@reports_app.command()
@told
def issue(
    quarter: Annotated[
        datetime, typer.Option("--quarter", formats=["%Y-%m-%d"], help="The quarter's first day.")
    ],
    again_because: Annotated[
        str, typer.Option(help="Send the next version, and say why; needed once it was sent.")
    ] = "",
) -> None:
    """Send the quarterly report to those that hospital.yaml names under `reports`.

    A report that was sent already is sent again only with --again-because. The next version is
    made anew as known today, and says on its first page why, and what changed:

    aiops reports issue --quarter 2026-07-01 --again-because "labels of September were corrected"
    """
    from aiops_pipelines.reports import finished_quarter, render_quarterly

    settings = Settings.from_environment()
    book = load_portfolio(settings.portfolio)
    start = quarter.date()
    end, today = _last_day(start), _now(book).date()
    as_of, lake = min(end, today), Lake(settings.lake)
    known_on = max(as_of, today) if again_because else as_of
    finished = finished_quarter(book, lake, settings.reports, start, as_of, known_on)
    if not finished.file.is_file():
        raise DeliveryError(
            f"{finished.file} is missing; materialize quarterly_report of {start} first"
        )
    note = opened_issues(settings)[0].draft(finished, again_because) if again_because else None
    if note is not None:
        incidents = IncidentDesk(settings.incidents_url).list()
        pdf = render_quarterly(book, lake, incidents, start, end, known_on, note)
        write_file(finished.file, pdf)
    issue_report(settings, book, finished, again_because)


def issue_report(
    settings: Settings, book: Portfolio, finished: FinishedReport, again_because: str
) -> None:
    """Issue the report and print the version's file; DeliveryError if it was issued before."""
    issues, _ = opened_issues(settings)
    before = issues.last(finished.report, finished.period)
    made = issues.issue(finished, book.hospital.reports, _now(book), again_because=again_because)
    if before is not None and made.version == before.version:
        raise DeliveryError(
            f"{finished.period} was sent as version {made.version} on {made.issued_at:%Y-%m-%d}; "
            "to send it anew say --again-because"
        )
    console.print(f"{finished.period}, version {made.version}: {made.file}")


def _now(book: Portfolio) -> datetime:
    return datetime.now(book.hospital.zone)


def _last_day(start: date) -> date:
    month = start.month + 3
    after = date(start.year + month // 13, (month - 1) % 12 + 1, 1)
    return date.fromordinal(after.toordinal() - 1)


def opened_issues(settings: Settings) -> tuple[ReportIssues, Outbox]:
    """Return what was issued and the outbox, of a database that is up to date."""
    desk = IncidentDesk(settings.incidents_url)
    desk.migrate()
    return ReportIssues(settings.incidents_url, settings.reports / "issued"), desk.outbox


def _told(issue: ReportIssue, outbox: Outbox) -> dict[str, Any]:
    mine = [w for w in outbox.list() if w.message.key.startswith(f"{issue.key}:")]
    deliveries = [
        {
            "to": ", ".join(each.message.recipients) or each.message.channel,
            "state": each.state,
            "attempts": each.attempts,
            "error": each.error,
        }
        for each in mine
    ]
    return {**dataclasses.asdict(issue), "file": str(issue.file), "deliveries": deliveries}
