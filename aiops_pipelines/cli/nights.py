"""`aiops run`, `aiops backfill`, `aiops simulate`, `aiops ui`."""

import os
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import dagster as dg
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from aiops_pipelines.cli.app import app, console, errors, told
from aiops_pipelines.errors import PortfolioError
from aiops_pipelines.portfolio import Portfolio, load_hospital, load_portfolio, read_portfolio
from aiops_pipelines.runner import Runner, Task, TaskResult, prepare_dagster, system_task
from aiops_pipelines.settings import Settings, pseudonym_key_environment

Day = Annotated[
    datetime, typer.Option("--day", formats=["%Y-%m-%d"], help="The day of the predictions.")
]
From = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
To = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]
SystemId = Annotated[
    str | None, typer.Option("--system", help="One system's id; default: every monitored system.")
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Know what had arrived by then."),
]


@app.command()
@told
def simulate(
    start: From,
    end: To,
    seed: Annotated[int, typer.Option(help="The same seed writes the same files.")] = 20260701,
    volume: Annotated[
        float, typer.Option(min=0.01, max=100, help="Cases a day, as a multiple of the usual.")
    ] = 1.0,
) -> None:
    """Write the example hospital's feeds below AIOPS_FEEDS, with faults whose truth is known.

    The faults lie in August and September 2026; `truth.json` beside the feeds names them:

    `aiops simulate --from 2026-05-06 --to 2026-09-30`
    """
    in_order(start.date(), end.date())
    settings = Settings.from_environment()
    write_simulation(settings, start.date(), end.date(), seed, volume)


@app.command()
@told
def run(day: Day, system: SystemId = None, as_of: AsOf = None) -> None:
    """Run the night of one day again: ingest, statistics, evaluation, checks, incidents.

    Each system is a run of its own: one that fails stops no other, and a rerun replaces its own
    rows only. After a file was mended:

    `aiops run --day 2026-09-30 --system no-show`
    """
    known = _known_by(day.date(), day.date(), as_of)
    settings, book = opened()
    tasks = [
        system_task("night", system_id, day.date(), day.date(), known)
        for system_id in _chosen(book, system)
    ]
    with Runner(settings.workers) as runner:
        results = run_tasks(runner, "night", tasks, again=True)
    update_incidents(settings, book)
    _exit_on_failure(results)


@app.command()
@told
def backfill(start: From, end: To, system: SystemId = None, as_of: AsOf = None) -> None:
    """Fill past days with data and statistics, and evaluate the last of them.

    The first night needs the reference period of each system to be filled:

    `aiops backfill --from 2026-05-06 --to 2026-09-29`
    """
    first, last = start.date(), end.date()
    known = _known_by(first, last, as_of)
    settings, book = opened()
    chosen = _chosen(book, system)
    history = [system_task("history", each, first, last, known) for each in chosen]
    with Runner(settings.workers) as runner:
        results = run_tasks(runner, "history", history, again=True)
        filled = [result.task.system for result in results if result.success]
        nights = [system_task("night", each, last, last, known) for each in filled if each]
        results += run_tasks(runner, f"night of {last}", nights, again=True)
    update_incidents(settings, book)
    _exit_on_failure(results)


@app.command()
@told
def ui(port: int = 3000) -> None:
    """Open Dagster's UI on this data; stop it with Ctrl-C."""
    opened()
    program = str(Path(sys.executable).with_name("dagster"))
    console.print(f"Dagster's UI: http://localhost:{port}")
    arguments = ["dagster", "dev", "-m", "aiops_pipelines.definitions", "-p", str(port)]
    os.execv(program, arguments)  # noqa: S606 - the program's own server replaces this process


def opened() -> tuple[Settings, Portfolio]:
    """Return settings and portfolio, with Dagster's home ready and each system a partition."""
    settings = Settings.from_environment()
    book = read_portfolio(settings.portfolio)
    for problem in book.problems:
        errors.print(problem, style="yellow", markup=False, soft_wrap=True)
    prepare_dagster(settings)
    # Imported late: loading Dagster's definitions takes a second, which --help need not wait for.
    from aiops_pipelines.sensors.portfolio import add_systems

    with dg.DagsterInstance.get() as instance:
        add_systems(instance, book)
    return settings, book


def run_tasks(
    runner: Runner, title: str, tasks: Sequence[Task], *, again: bool = False
) -> list[TaskResult]:
    """Run the tasks behind a progress bar; print the errors of those that failed."""
    with progress(ticking=not runner.alone) as bar:
        row = bar.add_task(title, total=len(tasks))
        results = runner.execute(tasks, again=again, on_done=lambda _: bar.advance(row))
    return _told(results)


def replay_nights(runner: Runner, book: Portfolio, days: Sequence[date]) -> list[TaskResult]:
    """Run the nights of `days` behind a progress bar, late labels before each."""
    systems = [system.id for system in book.monitored]
    with progress(ticking=not runner.alone) as bar:
        row = bar.add_task("nights, late labels first", total=len(systems) * len(days))
        results = runner.replay(systems, days, on_night=lambda: bar.advance(row))
    return _told(results)


def _told(results: list[TaskResult]) -> list[TaskResult]:
    """Print the errors of tasks that failed; return the results."""
    for result in results:
        for error in result.errors:
            errors.print(f"{result.task.name}: {error}", style="red", markup=False, soft_wrap=True)
    return results


def progress(*, ticking: bool = True) -> Progress:
    """Return the house's progress bar; one that does not tick stays out of this process's runs."""
    return Progress(
        TextColumn("{task.description:<36}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        auto_refresh=ticking,
    )


def update_incidents(settings: Settings, book: Portfolio) -> int:
    """Bring the incident queue up to date with the checks; return how many changes that made."""
    from upath import UPath

    from aiops_pipelines.incidents import IncidentDesk
    from aiops_pipelines.lake import Lake
    from aiops_pipelines.sensors.finished_nights import record_finished_nights
    from aiops_pipelines.sensors.outcomes import record_new_outcomes

    desk = IncidentDesk(settings.incidents_url)
    desk.migrate()
    with dg.DagsterInstance.get() as instance:
        changes = record_new_outcomes(instance, desk, book, Lake(UPath(settings.lake)))
        return len(changes + record_finished_nights(instance, desk, book))


def write_simulation(settings: Settings, start: date, end: date, seed: int, volume: float) -> None:
    """Write the simulated feeds behind a progress bar."""
    from aiops_pipelines.simulation import simulate as simulate_hospital

    book = load_portfolio(settings.portfolio)
    with progress() as bar:
        row = bar.add_task("simulating the hospital", total=None)
        simulate_hospital(
            book,
            settings.feeds,
            start,
            end,
            seed=seed,
            volume=volume,
            workers=settings.workers,
            progress=lambda done, total: bar.update(row, completed=done, total=total),
        )


def in_order(first: date, last: date) -> None:
    """Refuse a period that ends before it begins."""
    if last < first:
        raise typer.BadParameter(f"{last} lies before {first}", param_hint="--to")


def _known_by(first: date, last: date, as_of: datetime | None) -> date:
    """Return the day up to which things are known.

    Days that have no night, and a missing key, are refused before every system's run fails.
    """
    from aiops_pipelines.feeds import Pseudonymiser

    in_order(first, last)
    settings = Settings.from_environment()
    hospital = load_hospital(settings.portfolio)
    today = datetime.now(hospital.zone).date()
    if first < hospital.monitoring_start:
        raise typer.BadParameter(
            f"{first} lies before {hospital.monitoring_start}, the first day watched; "
            "see monitoring_start in hospital.yaml"
        )
    if last > today:
        raise typer.BadParameter(f"{last} has not come yet; at the hospital it is {today}")
    Pseudonymiser.from_environment(pseudonym_key_environment(settings))
    return as_of.date() if as_of else today


def _chosen(book: Portfolio, system: str | None) -> list[str]:
    """Return the ids of the systems whose nights are asked for."""
    if system is None:
        return [each.id for each in book.monitored]
    chosen = book.system(system)
    if chosen not in book.monitored:
        raise PortfolioError(
            f"{system} is in stage {chosen.lifecycle.stage}, and only what is in use has nights; "
            "change `lifecycle: stage` in its YAML"
        )
    return [chosen.id]


def _exit_on_failure(results: Sequence[TaskResult]) -> None:
    failed = sum(not result.success for result in results)
    if failed:
        others = "; the others finished" if failed < len(results) else ""
        errors.print(f"{failed} of {len(results)} runs failed{others}.", style="red")
        raise typer.Exit(1)
