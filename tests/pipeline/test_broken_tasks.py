"""A task that ends otherwise than by a failed step is told as failed, and ends no other."""

from datetime import date

import dagster as dg
import pytest

from aiops_pipelines.runner.tasks import Task, TaskResult, run_job

DAY = date(2026, 9, 29)


@dg.asset(partitions_def=dg.DailyPartitionsDefinition("2026-09-01"))
def counted() -> None:
    """Count nothing."""


def run(executor: dg.ExecutorDefinition, day: str, instance: dg.DagsterInstance) -> TaskResult:
    job = dg.define_asset_job("night", [counted], executor_def=executor)
    code = dg.Definitions(assets=[counted], jobs=[job])
    return run_job(code.resolve_job_def("night"), Task("night", day, day, DAY), instance)


def test_a_run_that_cannot_start_is_a_failed_task_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with dg.instance_for_test() as instance:
        unknown = run(dg.in_process_executor, "no such day", instance)
        elsewhere = run(dg.multiprocess_executor, str(DAY), instance)
        whole = run(dg.in_process_executor, str(DAY), instance)
    assert whole.success, whole.errors
    assert not unknown.success and "no such day" in unknown.errors[0]
    assert not elsewhere.success and "not reconstructable" in elsewhere.errors[0]
    assert "Traceback" in capsys.readouterr().err
