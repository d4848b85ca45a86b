"""What a run prints is in Dagster's UI afterwards, by stream, and not on the console."""

import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest


@dg.asset
def speaking() -> None:
    """Print a line on each stream."""
    print("counted")
    print("beware", file=sys.stderr)


@dg.asset
def breaking() -> None:
    """Print a line and fail."""
    print("so far")
    raise ValueError("broken")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance that keeps output as the embedded default does."""
    keeper = {"module": "aiops_pipelines.runner.output", "class": "OutputFiles"}
    overrides = {"compute_logs": {**keeper, "config": {"base_dir": str(tmp_path)}}}
    with dg.instance_for_test(overrides=overrides) as made:
        yield made


def output(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> tuple[str, str]:
    """Return what the UI shows of a finished run: standard output and error."""
    kind = dg.DagsterEventType.LOGS_CAPTURED
    event = next(event for event in result.all_events if event.event_type is kind)
    key = [result.run_id, "compute_logs", event.logs_captured_data.file_key]
    assert instance.compute_log_manager.is_capture_complete(key)
    found = instance.compute_log_manager.get_log_data(key)
    return (found.stdout or b"").decode(), (found.stderr or b"").decode()


def test_what_is_printed_is_kept_by_stream_and_not_echoed(
    instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    result = dg.materialize([speaking], instance=instance)
    told, warned = output(instance, result)
    assert told == "counted\n"
    assert "beware\n" in warned
    on_console = capfd.readouterr()
    assert "counted" not in on_console.out and "beware" not in on_console.err


def test_a_run_that_fails_keeps_what_it_printed_and_gives_the_console_back(
    instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    result = dg.materialize([breaking], instance=instance, raise_on_error=False)
    assert not result.success and output(instance, result)[0] == "so far\n"
    print("afterwards")
    assert capfd.readouterr().out == "afterwards\n"
