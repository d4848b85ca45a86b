"""Runs nights through Dagster from the command line, one run a system, two at a time."""

from aiops_pipelines.runner.dagster_home import prepare_dagster
from aiops_pipelines.runner.nights import Runner
from aiops_pipelines.runner.tasks import Task, TaskResult, system_task

__all__ = ["Runner", "Task", "TaskResult", "prepare_dagster", "system_task"]
