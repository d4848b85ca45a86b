"""One system's night as the hospital lives it: the days that late deliveries touch, then it."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from aiops_pipelines.errors import AiopsError
from aiops_pipelines.feeds import Pseudonymiser
from aiops_pipelines.ingestion import Intake, recounts
from aiops_pipelines.portfolio import System, read_portfolio
from aiops_pipelines.resources import LakeResource
from aiops_pipelines.runner.tasks import (
    Task,
    TaskResult,
    own_instance,
    run_task,
    skipped,
    succeeded,
    system_task,
)
from aiops_pipelines.settings import Settings, pseudonym_key_environment


def replay_night(system: str, day: date) -> list[TaskResult]:
    """Run the restatements that deliveries of `day` ask for, then the night of `day`.

    A night that has succeeded before is not run again. Where late deliveries can't be looked for,
    that is told as a failure, and the night is run.
    """
    night = system_task("night", system, day, day, day)
    if succeeded(own_instance(), night):
        return [skipped(night)]
    entry = read_portfolio(_settings().portfolio).system(system)
    try:
        results = [run_task(task) for task in restatement_tasks(_intake(), entry, day)]
    except AiopsError as error:
        late = system_task("restatement", system, day, day, day)
        results = [TaskResult(late, False, False, None, (f"late deliveries: {error}",))]
    return [*results, run_task(night)]


def restatement_tasks(intake: Intake, system: System, as_of: date) -> Iterator[Task]:
    """Yield a task for each run of past days that what arrived by `as_of` touches."""
    for changed in recounts(intake, system, as_of, as_of - timedelta(days=1)):
        job = "late_predictions" if changed.predictions else "restatement"
        yield system_task(job, system.id, changed.start, changed.end, as_of)


@cache
def _settings() -> Settings:
    return Settings.from_environment()


@cache
def _intake() -> Intake:
    """Return this process's intake, on the lake that its runs read too."""
    settings = _settings()
    pseudonym = Pseudonymiser.from_environment(pseudonym_key_environment(settings))
    zone = read_portfolio(settings.portfolio).hospital.zone
    return Intake(LakeResource(root=str(settings.lake)).open(), settings.feeds, pseudonym, zone)
