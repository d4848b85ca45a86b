"""`aiops quarantine`: what was refused, and letting it in once its cause is mended."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from aiops_pipelines.cli.app import console, quarantine_app, told
from aiops_pipelines.cli.feeds import AsJson, SystemArgument, open_intake
from aiops_pipelines.cli.nights import Day, SystemId, opened, run_tasks
from aiops_pipelines.errors import LakeError
from aiops_pipelines.ingestion import spans
from aiops_pipelines.ingestion.release import held_rows, release
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import load_portfolio
from aiops_pipelines.runner import Runner, system_task
from aiops_pipelines.settings import Settings

FeedOption = Annotated[
    str, typer.Option("--feed", help="predictions or labels; default: predictions.")
]


@quarantine_app.command(name="list")
@told
def list_quarantine(system: SystemId = None, as_json: AsJson = False) -> None:
    """List what is in quarantine: a line for each system, day, feed and rule."""
    settings = Settings.from_environment()
    lake, book = Lake(settings.lake), load_portfolio(settings.portfolio)
    ids = [book.system(system).id] if system else [each.id for each in book.systems]
    rows = [row for system_id in ids for row in _entries(lake, system_id)]
    if as_json:
        print(json.dumps(rows, default=str, indent=2))
        return
    table = Table("system", "day", "feed", "rule", "column", "rows", title="Quarantine")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table if rows else "Nothing is in quarantine.")


@quarantine_app.command()
@told
def show(system: SystemArgument, day: Day, as_json: AsJson = False) -> None:
    """Show a day's quarantined rows: file, row and rule, never the value itself."""
    settings = Settings.from_environment()
    chosen = load_portfolio(settings.portfolio).system(system)
    lake = Lake(settings.lake)
    held = lake.find("quarantine", chosen.id, day.date())
    rows = [] if held is None else held.to_pylist()
    past = lake.find("quarantine_releases", chosen.id, day.date())
    releases = [] if past is None else past.to_pylist()
    if as_json:
        print(json.dumps({"rows": rows, "releases": releases}, default=str, indent=2))
        return
    table = Table("feed", "file", "row", "rule", "column", "value", title=f"{system}, {day.date()}")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    console.print(table if rows else f"Nothing of {day.date()} is in quarantine.")
    for past_release in releases:
        console.print(
            f"{past_release['released_at']:%Y-%m-%d %H:%M} {past_release['released_by']}: "
            f"{past_release['reason']} ({past_release['feed']}: {past_release['held_before']:,} "
            f"entries before, {past_release['held_after']:,} after)",
            markup=False,
        )


@quarantine_app.command(name="release")
@told
def release_day(
    system: SystemArgument,
    day: Day,
    reason: Annotated[str, typer.Option(help="Why, in a sentence; kept for good.")],
    by: Annotated[str, typer.Option(help="Who releases; kept for good.")],
    feed: FeedOption = "predictions",
) -> None:
    """Read a day again after its cause was mended, and count it anew.

    Mend the YAML or the file first and try it with `aiops feeds check`. Rows that still break a
    rule stay in quarantine. Who released and why is kept in the lake; `show` lists it.
    """
    if feed not in {"predictions", "labels"}:
        raise typer.BadParameter("must be predictions or labels", param_hint="--feed")
    settings, book = opened()
    intake, _ = open_intake(settings)
    chosen = book.system(system)
    if not held_rows(intake.lake, chosen, feed, day.date()):
        raise LakeError(
            f"{system}: no {feed} of {day.date()} are in quarantine; see: aiops quarantine list"
        )
    now = datetime.now(book.hospital.zone)
    done = release(intake, chosen, feed, day.date(), now.date(), by, reason, now)
    job = "history" if feed == "predictions" else "restatement"
    tasks = [system_task(job, chosen.id, *span, now.date()) for span in spans(done.days)]
    with Runner(settings.workers) as runner:
        results = run_tasks(runner, f"counting {system} anew", tasks, again=True)
    console.print(
        f"{done.held_before - done.held_after:,} entries released, {done.held_after:,} stay in "
        f"quarantine; {len(done.days)} days counted anew. "
        f"To judge the night again: aiops run --day {day.date()} --system {system}",
        soft_wrap=True,
    )
    if not all(result.success for result in results):
        raise typer.Exit(1)


def _entries(lake: Lake, system: str) -> Iterator[dict[str, Any]]:
    for day in lake.days("quarantine", system):
        held = lake.read("quarantine", system, day)
        counted: Counter[tuple[str, str, str]] = Counter(
            (row["feed"], row["rule"], row["column"] or "") for row in held.to_pylist()
        )
        for (feed, rule, column), number in sorted(counted.items()):
            yield _entry(system, day, feed, rule, column, number)


def _entry(
    system: str, day: date, feed: str, rule: str, column: str, number: int
) -> dict[str, Any]:
    return {
        "system": system,
        "day": day,
        "feed": feed,
        "rule": rule,
        "column": column,
        "rows": number,
    }
