"""`aiops feeds`: try a feed without writing, and make a reference profile."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from aiops_pipelines.cli.app import console, feeds_app, told
from aiops_pipelines.cli.nights import From, To
from aiops_pipelines.errors import FeedError, LakeError
from aiops_pipelines.evaluation.profile import (
    ReferenceProfile,
    build_profile,
    profile_of,
    write_profile,
)
from aiops_pipelines.feeds import Pseudonymiser
from aiops_pipelines.ingestion import Intake
from aiops_pipelines.ingestion.dry_run import DryRun, dry_run, newest_day
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import ReferencePeriod, load_portfolio
from aiops_pipelines.settings import Settings, pseudonym_key_environment

SystemArgument = Annotated[str, typer.Argument(help="The system's id, as in its YAML.")]
OptionalDay = Annotated[
    datetime | None,
    typer.Option("--day", formats=["%Y-%m-%d"], help="Default: the newest day that arrived."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@feeds_app.command()
@told
def check(system: SystemArgument, day: OptionalDay = None, as_json: AsJson = False) -> None:
    """Show what a day of a system's feeds would give, and write nothing.

    For predictions and labels: the files, what each column becomes, and how many rows would go to
    quarantine by which rule. Try it after every change of the YAML:

    `aiops feeds check sepsis-early-warning --day 2026-09-30`
    """
    settings = Settings.from_environment()
    intake, book = open_intake(settings)
    chosen = book.system(system)
    found = []
    for feed in ("predictions", "labels"):
        asked = day.date() if day else newest_day(intake, chosen, feed)
        if asked is None:
            raise FeedError(f"{system}: no {feed} have arrived below {settings.feeds}")
        found.append(dry_run(intake, chosen, feed, asked))
    if as_json:
        print(json.dumps([asdict(each) for each in found], default=str, indent=2))
        return
    for each in found:
        _print(each)
    console.print("Nothing was written.")


@feeds_app.command()
@told
def profile(system: SystemArgument, start: From, end: To, as_json: AsJson = False) -> None:
    """Make the reference profile of a period: the bins and distributions nights are compared with.

    The period's days must be in the lake (`aiops backfill`). A profile that exists is never
    overwritten, since counts in other bins could not be added to those already made.
    """
    settings = Settings.from_environment()
    book = load_portfolio(settings.portfolio)
    chosen, lake = book.system(system), Lake(settings.lake)
    held = profile_of(lake, chosen, end.date())
    if held is not None:
        raise LakeError(
            f"{system}: a reference profile up to {end.date()} exists ({held.digest}) and is not "
            "overwritten; choose another last day, then name that period in the YAML: "
            "reference: {from: ..., to: ...}"
        )
    period = ReferencePeriod.model_validate({"from": start.date(), "to": end.date()})
    made = build_profile(lake, chosen, period)
    write_profile(lake, chosen, made, period.end)
    if as_json:
        print(json.dumps({"sha256": made.digest, **json.loads(made.to_json())}, indent=2))
        return
    console.print(_profile_table(made))
    console.print(f"{made.cases:,} cases; content hash {made.digest}")
    console.print(
        f"To use it, put into systems/{system}.yaml: "
        f"reference: {{from: {period.start}, to: {period.end}}}",
        soft_wrap=True,
    )


def open_intake(settings: Settings) -> tuple[Intake, Any]:
    """Return what reading feeds needs, and the portfolio."""
    book = load_portfolio(settings.portfolio)
    pseudonym = Pseudonymiser.from_environment(pseudonym_key_environment(settings))
    return Intake(Lake(settings.lake), settings.feeds, pseudonym, book.hospital.zone), book


def _print(found: DryRun) -> None:
    console.rule(f"{found.feed} of {found.day}")
    for file in found.files:
        console.print(f"{file.name}: {file.rows:,} rows", markup=False)
    if not found.files:
        console.print(f"no file of {found.feed} for {found.day}: the feed would count as silent")
    columns = Table("ours", "the feed's", "missing", "values", title=f"{found.kept:,} rows kept")
    for column in found.columns:
        columns.add_row(column.ours, column.theirs, f"{column.missing:,}", column.values)
    console.print(columns)
    refused = Table("rule", "column", "rows", "first at", title="would go to quarantine")
    for refusal in found.refusals:
        where = ", ".join(refusal.where)
        refused.add_row(refusal.rule, refusal.column or "", f"{refusal.rows:,}", where)
    console.print(refused if found.refusals else "Nothing would go to quarantine.")


def _profile_table(made: ReferenceProfile) -> Table:
    table = Table("column", "bins", "missing", "median (not zero)", "most frequent value's share")
    for name, facts in made.facts.items():
        bins = str(made.features[name].bins) if name in made.features else ""
        median = "" if facts.median is None else f"{facts.median:.4g}"
        modal = "" if facts.modal is None else f"{facts.modal:.1%}"
        table.add_row(name, bins, f"{facts.missing:.1%}", median, modal)
    return table
