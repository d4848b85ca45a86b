"""A task of the command line: one Dagster run, so one broken system never stops another.

A task that succeeded before need not run again, which makes a call that was killed resumable.
"""

import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.api import execute_run_iterator
from dagster._core.execution.execute_in_process import merge_run_tags
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.tags import MAX_RETRIES_TAG
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from aiops_pipelines.database import database_gone
from aiops_pipelines.resources import AS_OF_TAG
from aiops_pipelines.run_tags import SYSTEM_TAG, TASK_TAG, range_tags

CODE_LOCATION = "aiops_pipelines.definitions"
"""The module that Dagster loads, and the name it gives the code location."""

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's own log goes to its storage, where the UI shows it, not over the progress bar."""


@dataclass(frozen=True, slots=True)
class Task:
    """One Dagster run: a job on a partition, or on the partitions from `start` to `end`."""

    job: str
    start: str
    end: str
    as_of: date
    system: str | None = None

    @property
    def name(self) -> str:
        """Return the name that identifies the task among all runs."""
        span = self.start if self.start == self.end else f"{self.start} to {self.end}"
        return f"{self.job} {span} as of {self.as_of}"

    @property
    def tags(self) -> dict[str, str]:
        """Return the run's tags."""
        # Whoever waits at the command line is told of a failure; the daemon need not try again.
        tags = {TASK_TAG: self.name, AS_OF_TAG: self.as_of.isoformat(), MAX_RETRIES_TAG: "0"}
        if self.system:
            tags[SYSTEM_TAG] = self.system
        return tags | range_tags(self.start, self.end)


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of a task: done before, succeeded now, or failed, with the reasons in words."""

    task: Task
    success: bool
    skipped: bool
    run_id: str | None
    errors: tuple[str, ...]


def system_task(job: str, system: str, start: date, end: date, as_of: date) -> Task:
    """Return the task that runs `job` on one system's days from `start` to `end`."""
    # Imported late: partitions need the portfolio, which the caller's environment points to.
    from aiops_pipelines.partitions import system_day

    return Task(job, str(system_day(start, system)), str(system_day(end, system)), as_of, system)


def run_task(task: Task) -> TaskResult:
    """Run one task in this process, on its own instance."""
    from aiops_pipelines.definitions import defs

    return run_job(defs.resolve_job_def(task.job), task, own_instance())


def run_job(job: dg.JobDefinition, task: Task, instance: dg.DagsterInstance) -> TaskResult:
    """Run a task's job in this process; the UI can run it again as if it had been started there.

    Whatever ends it, a database that goes away for one, is told in its errors and ends no other.
    """
    single = task.start if task.start == task.end else None
    run_id = None
    try:
        tags = merge_run_tags(
            job_def=job,
            partition_key=single,
            tags=task.tags,
            asset_selection=[],
            instance=instance,
            run_config=_QUIET,
        )
        run = instance.create_run_for_job(
            job, run_config=_QUIET, tags=tags, remote_job_origin=_origin(task.job)
        )
        run_id = run.run_id
        events = list(execute_run_iterator(InMemoryJob(job), run, instance))
        finished = instance.get_run_by_id(run_id)
    except Exception as error:  # noqa: BLE001  one broken system never stops the others
        if (gone := database_gone(error)) is None:
            traceback.print_exc()
        words = f"{gone}; run it again" if gone else f"{type(error).__name__}: {error}"
        return TaskResult(task, False, False, run_id, (words,))
    success = finished is not None and finished.is_success
    return TaskResult(task, success, False, run_id, tuple(_errors(events)))


@cache
def own_instance() -> dg.DagsterInstance:
    """Return this process's instance; its connections serve every task."""
    return dg.DagsterInstance.get()


def _origin(job: str) -> RemoteJobOrigin:
    """Return where the UI finds the job: the code location that `aiops ui` serves."""
    target = LoadableTargetOrigin(
        executable_path=sys.executable, module_name=CODE_LOCATION, working_directory=str(Path.cwd())
    )
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, location_name=CODE_LOCATION)
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME), job)


def _errors(events: Iterable[dg.DagsterEvent]) -> Iterable[str]:
    for event in events:
        failed = event.is_step_failure or event.event_type is dg.DagsterEventType.RUN_FAILURE
        error = getattr(event.event_specific_data, "error", None) if failed else None
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            yield f"{event.step_key or 'the run'}: {error.message.strip()}"


def succeeded(instance: dg.DagsterInstance, task: Task) -> bool:
    """Tell whether a run of this task has succeeded."""
    statuses = [dg.DagsterRunStatus.SUCCESS]
    return bool(instance.get_run_ids(dg.RunsFilter(tags={TASK_TAG: task.name}, statuses=statuses)))


def skipped(task: Task) -> TaskResult:
    """Return the result of a task that had succeeded before."""
    return TaskResult(task, True, True, None, ())


def close_abandoned(instance: dg.DagsterInstance) -> None:
    """Close runs of the command line that a killed process left behind as started."""
    unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]
    for run in instance.get_runs(dg.RunsFilter(statuses=unfinished)):
        if TASK_TAG in run.tags:
            instance.report_run_failed(run, "the process that ran this was killed; it is run again")
