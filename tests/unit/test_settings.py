"""Where things are, from the environment."""

from pathlib import Path

import pytest

from aiops_pipelines.errors import ConfigurationError
from aiops_pipelines.settings import Settings


def test_a_variable_that_is_set_but_empty_is_not_set() -> None:
    empty = Settings.from_environment({"AIOPS_HOME": "", "AIOPS_FEEDS": "", "AIOPS_PORTFOLIO": ""})
    assert empty == Settings.from_environment({})
    assert empty.home == Path("var").absolute()


def test_the_home_moves_what_is_below_it_and_nothing_else(tmp_path: Path) -> None:
    moved = Settings.from_environment({"AIOPS_HOME": str(tmp_path), "AIOPS_LAKE": "memory://lake"})
    assert str(moved.feeds) == str(tmp_path / "feeds")
    assert moved.incidents_url == f"sqlite:///{tmp_path / 'incidents.db'}"
    assert moved.dagster_home == tmp_path / "dagster"
    assert str(moved.lake).startswith("memory://")


@pytest.mark.parametrize("workers", ["0", "-1", "two", "1.5", "²"])
def test_a_number_of_workers_that_is_none_is_refused(workers: str) -> None:
    with pytest.raises(ConfigurationError, match="AIOPS_WORKERS must be a whole number"):
        Settings.from_environment({"AIOPS_WORKERS": workers})
