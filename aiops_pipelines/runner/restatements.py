"""The restatements that late labels ask for, as tasks."""

from datetime import date

from upath import UPath

from aiops_pipelines.feeds import Pseudonymiser
from aiops_pipelines.ingestion import Intake, days_with_new_labels, spans
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Portfolio
from aiops_pipelines.runner.nights import Task, system_task
from aiops_pipelines.settings import Settings, pseudonym_key_environment


def restatement_tasks(settings: Settings, book: Portfolio, as_of: date) -> list[Task]:
    """Return a task for each run of days that labels received by `as_of` touch."""
    pseudonym = Pseudonymiser.from_environment(pseudonym_key_environment(settings))
    intake = Intake(Lake(UPath(settings.lake)), settings.feeds, pseudonym, book.hospital.zone)
    return [
        system_task("restatement", system.id, start, end, as_of)
        for system in book.monitored
        for start, end in spans(days_with_new_labels(intake, system, as_of))
        if end < as_of
    ]
