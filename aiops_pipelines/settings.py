"""Where things are: one data folder, the portfolio and the feeds, all from the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from aiops_pipelines.errors import ConfigurationError

PSEUDONYM_KEY = "AIOPS_PSEUDONYM_KEY"


@dataclass(frozen=True, slots=True)
class Settings:
    """Locations of one deployment.

    AIOPS_HOME holds everything written (default `./var`); AIOPS_PORTFOLIO the YAML (default
    `./portfolio`); AIOPS_FEEDS the hospital's drops (default `$AIOPS_HOME/feeds`); AIOPS_LAKE
    and AIOPS_INCIDENTS_URL move the lake and the incident database elsewhere;
    AIOPS_SAFETY_EVENTS is where the safety-event system drops its reports (default
    `$AIOPS_HOME/safety-events`). Pages link to
    Dagster's UI at AIOPS_DAGSTER_LINK and to the incident desk's pages below AIOPS_INCIDENTS_LINK.
    AIOPS_WORKERS is how many processes the command runs systems side by side in (default 2).
    A variable that is set but empty is one that is not set.
    """

    home: Path
    portfolio: Path
    feeds: UPath
    lake: UPath
    incidents_url: str
    safety_events: Path
    dagster_link: str = ""
    incidents_link: str = ""
    workers: int = 2

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Return the settings that `environment` (default: the process's) states.

        Raises:
            ConfigurationError: AIOPS_WORKERS is not a number of 1 or more.
        """
        given = os.environ if environment is None else environment
        env = {name: value for name, value in given.items() if value}
        home = Path(env.get("AIOPS_HOME", "var")).absolute()
        workers = env.get("AIOPS_WORKERS", "2")
        if not (workers.isascii() and workers.isdigit() and int(workers)):
            raise ConfigurationError("AIOPS_WORKERS must be a whole number of 1 or more")
        return cls(
            home=home,
            portfolio=Path(env.get("AIOPS_PORTFOLIO", "portfolio")).absolute(),
            feeds=UPath(env.get("AIOPS_FEEDS", home / "feeds")),
            lake=UPath(env.get("AIOPS_LAKE", home / "lake")),
            incidents_url=env.get("AIOPS_INCIDENTS_URL", f"sqlite:///{home / 'incidents.db'}"),
            safety_events=Path(env.get("AIOPS_SAFETY_EVENTS", home / "safety-events")).absolute(),
            dagster_link=env.get("AIOPS_DAGSTER_LINK", ""),
            incidents_link=env.get("AIOPS_INCIDENTS_LINK", ""),
            workers=int(workers),
        )

    @property
    def dagster_home(self) -> Path:
        """Return the folder of Dagster's own storage."""
        return self.home / "dagster"

    @property
    def reports(self) -> Path:
        """Return the folder of dashboards and reports."""
        return self.home / "reports"

    @property
    def demo_key_file(self) -> Path:
        """Return the file that holds the demo's own pseudonymisation key."""
        return self.home / "demo-pseudonym.key"


def pseudonym_key_environment(
    settings: Settings, environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment with the demo's key in it, where the demo made one and none is set."""
    env = dict(os.environ if environment is None else environment)
    if PSEUDONYM_KEY not in env and settings.demo_key_file.is_file():
        env[PSEUDONYM_KEY] = settings.demo_key_file.read_text(encoding="ascii").strip()
    return env


def make_demo_key(settings: Settings) -> None:
    """Write a random key for the demo, once, readable by its owner only."""
    if settings.demo_key_file.is_file():
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(settings.demo_key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
