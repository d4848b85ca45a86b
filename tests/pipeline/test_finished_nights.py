"""A night that did not finish is an incident, unless it is tried again or was done since."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import MAX_RETRIES_TAG, PARTITION_NAME_TAG, WILL_RETRY_TAG
from dagster._core.test_utils import create_run_for_test

from aiops_pipelines.incidents import IncidentDesk
from aiops_pipelines.portfolio import load_portfolio
from aiops_pipelines.resources import AS_OF_TAG
from aiops_pipelines.sensors.finished_nights import record_finished_nights

BOOK = load_portfolio(Path(__file__).resolve().parents[2] / "portfolio")
FAILED, DONE = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS


class Nights:
    """Runs of one system's night, and the incidents they make."""

    def __init__(self, instance: dg.DagsterInstance, folder: Path) -> None:
        self._instance = instance
        self._desk = IncidentDesk(f"sqlite:///{folder / 'desk.db'}")
        self._desk.migrate()

    def run(self, status: dg.DagsterRunStatus, job: str = "night", **tags: str) -> None:
        night = {PARTITION_NAME_TAG: "2026-09-29|no-show", AS_OF_TAG: "2026-09-29"}
        create_run_for_test(self._instance, job_name=job, status=status, tags=night | tags)

    def incidents(self) -> list[tuple[str, bool]]:
        record_finished_nights(self._instance, self._desk, BOOK)
        return [(each.check, each.recovered_on is not None) for each in self._desk.list()]


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Nights(instance, tmp_path)


def test_a_failure_that_nobody_tries_again_is_one_incident_however_often_it_is_read(
    nights: Nights,
) -> None:
    nights.run(FAILED, **{MAX_RETRIES_TAG: "0"})
    assert nights.incidents() == [("night_finished", False)]
    assert nights.incidents() == [("night_finished", False)]


def test_a_failure_that_is_tried_again_is_none(nights: Nights) -> None:
    nights.run(FAILED, **{WILL_RETRY_TAG: "true"})
    assert nights.incidents() == []


def test_a_failure_of_which_dagster_has_not_said_yet_waits(nights: Nights) -> None:
    nights.run(FAILED)
    assert nights.incidents() == []


def test_a_night_that_was_done_before_anybody_looked_is_none(nights: Nights) -> None:
    nights.run(FAILED, **{MAX_RETRIES_TAG: "0"})
    nights.run(DONE)
    assert nights.incidents() == []


def test_a_night_that_is_done_later_recovers(nights: Nights) -> None:
    nights.run(FAILED, **{MAX_RETRIES_TAG: "0"})
    assert nights.incidents() == [("night_finished", False)]
    nights.run(DONE)
    assert nights.incidents() == [("night_finished", True)]


def test_a_report_that_was_not_made_is_an_incident_of_the_portfolio_until_it_is(
    nights: Nights,
) -> None:
    for job, key in (("morning", "2026-09-29"), ("quarter", "2026-07-01")):
        nights.run(FAILED, job, **{PARTITION_NAME_TAG: key, MAX_RETRIES_TAG: "0"})
    assert sorted(nights.incidents()) == [("morning_finished", False), ("quarter_finished", False)]
    nights.run(DONE, "morning", **{PARTITION_NAME_TAG: "2026-09-29"})
    assert sorted(nights.incidents()) == [("morning_finished", True), ("quarter_finished", False)]
