"""`aiops demo`: a hospital of twelve systems, a quarter of history, and this morning's answer."""

from datetime import date, timedelta
from typing import Annotated

import typer

from aiops_pipelines.cli.app import app, console, told
from aiops_pipelines.cli.incidents import incidents_table
from aiops_pipelines.cli.nights import (
    opened,
    replay_nights,
    run_tasks,
    update_incidents,
    write_simulation,
)
from aiops_pipelines.cli.status import open_incidents, status_table
from aiops_pipelines.evaluation.status import SystemStatus, portfolio_status
from aiops_pipelines.incidents import IncidentDesk
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Portfolio
from aiops_pipelines.runner import Runner, Task, TaskResult, system_task
from aiops_pipelines.settings import Settings, make_demo_key
from aiops_pipelines.verdict import Verdict

FIRST_DAY = date(2026, 5, 6)
LAST_DAY = date(2026, 9, 30)
QUARTER = date(2026, 7, 1)
NIGHTS = 14
MORNINGS = 2
SEED = 20260701


@app.command()
@told
def demo(
    nights: Annotated[int, typer.Option(min=1, help="How many last nights to run whole.")] = NIGHTS,
) -> None:
    """Simulate a hospital, fill its history, run its last nights, and print the answer.

    Takes some minutes the first time; a second call finds everything done. A call that was killed
    goes on where it stopped.
    """
    make_demo_key(Settings.from_environment())
    settings, book = opened()
    write_simulation(settings, FIRST_DAY, LAST_DAY, SEED, volume=1.0)
    last_nights = [LAST_DAY - timedelta(days=back) for back in reversed(range(nights))]
    with Runner(settings.workers) as runner:
        results = _history(runner, book, last_nights[0] - timedelta(days=1))
        results += replay_nights(runner, book, last_nights)
        update_incidents(settings, book)
        reports = [_quarter(), *map(_morning, last_nights[-MORNINGS:])]
        results += run_tasks(runner, "dashboards and quarterly report", reports)
    _print_answer(settings, book)
    if not all(result.success for result in results):
        raise typer.Exit(1)


def _history(runner: Runner, book: Portfolio, last: date) -> list[TaskResult]:
    tasks = [system_task("history", each.id, FIRST_DAY, last, last) for each in book.monitored]
    return run_tasks(runner, "history, one run a system", tasks)


def _morning(day: date) -> Task:
    return Task("morning", day.isoformat(), day.isoformat(), day)


def _quarter() -> Task:
    return Task("quarter", QUARTER.isoformat(), QUARTER.isoformat(), LAST_DAY)


def _print_answer(settings: Settings, book: Portfolio) -> None:
    statuses = portfolio_status(book, Lake(settings.lake), LAST_DAY)
    incidents = open_incidents(settings)
    restrictions = IncidentDesk(settings.incidents_url).restrictions()
    console.print(status_table(statuses, incidents, LAST_DAY, restrictions))
    console.print(incidents_table(incidents))
    console.print(answer(statuses, len(incidents)), style="bold")
    console.print(f"""
Morning dashboard   {settings.reports}/dashboard/{LAST_DAY}/index.html
Quarterly report    {settings.reports}/quarterly/portfolio-2026-Q3.pdf
Dagster's UI        make ui
All data            {settings.home}
What was injected   {settings.feeds}/truth.json""")


def answer(statuses: list[SystemStatus], incidents: int) -> str:
    """Return the morning's answer in words."""
    breached = [each for each in statuses if each.verdict is Verdict.BREACH]
    names = ", ".join(f"{each.system.id} ({', '.join(_breached_areas(each))})" for each in breached)
    calm = len(statuses) - len(breached)
    if not breached:
        return f"No system is in breach; {incidents} incidents are open."
    return (
        f"{len(breached)} of {len(statuses)} systems need you today: {names}. "
        f"{calm} are not in breach. {incidents} incidents are open."
    )


def _breached_areas(each: SystemStatus) -> list[str]:
    return [area for area, found in each.areas.items() if found.verdict is Verdict.BREACH]
