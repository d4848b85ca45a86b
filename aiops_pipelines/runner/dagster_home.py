"""Dagster's home below AIOPS_HOME: made once, and pointed to by this process and its children."""

import os
from importlib.resources import files

from aiops_pipelines.settings import Settings


def prepare_dagster(settings: Settings) -> None:
    """Create Dagster's home if need be and set the environment that its storage reads."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not configuration.is_file():
        shipped = files("aiops_pipelines").joinpath("dagster.yaml").read_text(encoding="utf-8")
        configuration.write_text(shipped, encoding="utf-8")
    os.environ.setdefault("DAGSTER_HOME", str(home))
    os.environ.setdefault("AIOPS_DAGSTER_EVENTS", str(home / "events"))
    os.environ.setdefault("AIOPS_DAGSTER_OUTPUT", str(home / "storage"))
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "500")
    os.environ.setdefault("AIOPS_HOME", str(settings.home))
    os.environ.setdefault("AIOPS_PORTFOLIO", str(settings.portfolio))
    os.environ.setdefault("AIOPS_FEEDS", str(settings.feeds))
