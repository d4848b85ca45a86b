"""The hospital and its whole portfolio."""

from datetime import date, time
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator, model_validator

from aiops_pipelines.clocks import BusinessCalendar, holiday_names
from aiops_pipelines.errors import PortfolioError
from aiops_pipelines.portfolio.entry import Stage
from aiops_pipelines.portfolio.model import Record, Text, TimeZone
from aiops_pipelines.portfolio.notifications import Notifications
from aiops_pipelines.portfolio.report_delivery import ReportDelivery
from aiops_pipelines.portfolio.system import System

_ANY_YEAR = 2026


class BusinessHours(Record):
    """From when to when business is open on a work day, local time."""

    opens: time = Field(default=time(8), alias="from")
    closes: time = Field(default=time(17), alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes != time(0) and self.closes <= self.opens:
            raise ValueError("business hours must end (`to`) after they begin (`from`)")
        return self


class Hospital(Record):
    """What all systems share: the hospital's name, its calendar, when its nights run.

    `holidays` is a country, `holidays_subdivision` its state or province; `closures` are further
    days on which business is closed.
    """

    name: Text
    time_zone: TimeZone
    holidays: str = Field(default="US", pattern=r"^[A-Z]{2}$")
    holidays_subdivision: str | None = None
    closures: tuple[date, ...] = ()
    business_hours: BusinessHours = BusinessHours()
    monitoring_start: date
    night_hour: int = Field(default=2, ge=0, le=23)
    operations_manager: Text
    notifications: Notifications = Notifications()
    reports: tuple[ReportDelivery, ...] = ()
    regimes: tuple[Literal["FDA", "EU AI Act"], ...] = ("FDA",)

    @field_validator("holidays", "holidays_subdivision")
    @classmethod
    def _has_a_calendar(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.field_name == "holidays" and value is not None:
            holiday_names(value, None, _ANY_YEAR)
        elif "holidays" in info.data:
            holiday_names(info.data["holidays"], value, _ANY_YEAR)
        return value

    @model_validator(mode="after")
    def _reports_have_a_way(self) -> Self:
        kinds = {channel.name: channel.kind for channel in self.notifications.channels}
        for delivery in self.reports:
            where = f"reports: {delivery.report} to {delivery.channel!r}"
            if kinds.get(delivery.channel) not in {"apprise", "folder"}:
                raise ValueError(f"{where}: no such channel of kind apprise or folder")
            if (kinds[delivery.channel] == "folder") == bool(delivery.recipients):
                raise ValueError(f"{where}: e-mail needs `recipients`, a folder has none")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """Return the hospital's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def calendar(self) -> BusinessCalendar:
        """Return the hospital's work days and business hours."""
        return BusinessCalendar(
            self.time_zone,
            self.holidays,
            self.holidays_subdivision,
            frozenset(self.closures),
            opens=self.business_hours.opens,
            closes=self.business_hours.closes,
        )


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
