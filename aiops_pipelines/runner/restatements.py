"""One system's night as the hospital lives it: the days that late labels touch, then the night."""

from datetime import date
from functools import cache

from aiops_pipelines.feeds import Pseudonymiser
from aiops_pipelines.ingestion import Intake, days_with_new_labels, spans
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
    """Run the restatements that labels received on `day` ask for, then the night of `day`.

    What has succeeded before is not run again.
    """
    night = system_task("night", system, day, day, day)
    if succeeded(own_instance(), night):
        return [skipped(night)]
    entry = read_portfolio(_settings().portfolio).system(system)
    tasks = [*restatement_tasks(_intake(), entry, day), night]
    return [skipped(t) if succeeded(own_instance(), t) else run_task(t) for t in tasks]


def restatement_tasks(intake: Intake, system: System, as_of: date) -> list[Task]:
    """Return a task for each run of days that labels received by `as_of` touch."""
    return [
        system_task("restatement", system.id, start, end, as_of)
        for start, end in spans(days_with_new_labels(intake, system, as_of))
        if end < as_of
    ]


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
