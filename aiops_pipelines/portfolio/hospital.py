"""The hospital and its whole portfolio."""

from datetime import date
from zoneinfo import ZoneInfo

from pydantic import Field

from aiops_pipelines.errors import PortfolioError
from aiops_pipelines.portfolio.model import Record, Text, TimeZone
from aiops_pipelines.portfolio.system import Stage, System


class Hospital(Record):
    """What all systems share: the hospital's name, its clock, when its nights run."""

    name: Text
    time_zone: TimeZone
    holidays: str = Field(default="US", pattern=r"^[A-Z]{2}$")
    monitoring_start: date
    night_hour: int = Field(default=2, ge=0, le=23)
    operations_manager: Text
    report_recipients: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """Return the hospital's time zone."""
        return ZoneInfo(self.time_zone)


class Portfolio(Record):
    """The hospital and its systems, in order of their ids.

    `problems` says what is wrong with entries that could not be read, one a line.
    """

    hospital: Hospital
    systems: tuple[System, ...]
    problems: tuple[str, ...] = ()

    def system(self, system_id: str) -> System:
        """Return the system with this id; raise PortfolioError naming the known ids."""
        for system in self.systems:
            if system.id == system_id:
                return system
        known = ", ".join(system.id for system in self.systems)
        wrong = "".join(f"\n{problem}" for problem in self.problems)
        raise PortfolioError(f"no system {system_id!r} in the portfolio; known: {known}{wrong}")

    @property
    def monitored(self) -> tuple[System, ...]:
        """Return the systems whose nights run: all but those in evaluation or retired."""
        idle = {Stage.EVALUATION, Stage.RETIRED}
        return tuple(system for system in self.systems if system.lifecycle.stage not in idle)
