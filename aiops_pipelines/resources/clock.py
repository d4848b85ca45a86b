"""The clock: which day a run may know, and when it says it happened."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from aiops_pipelines.portfolio import Hospital

AS_OF_TAG = "aiops/as_of"
"""Run tag with the day up to whose end everything received counts as known."""


class Clock(dg.ConfigurableResource[None]):
    """The hospital's clock. A run with the tag `aiops/as_of` is told another day: a replay."""

    def now(self, zone: ZoneInfo) -> datetime:
        """Return the time in the hospital's zone."""
        return datetime.now(zone)

    def as_of(self, tags: Mapping[str, str], hospital: Hospital) -> date:
        """Return the day the run may know: its tag's, or today."""
        stated = tags.get(AS_OF_TAG)
        return date.fromisoformat(stated) if stated else self.now(hospital.zone).date()


def morning_after(day: date, hospital: Hospital) -> datetime:
    """Return when the night that follows `day` runs, in the hospital's zone."""
    return datetime.combine(day + timedelta(days=1), time(hospital.night_hour), hospital.zone)


def evaluated_at(timestamp: float, as_of: date, hospital: Hospital) -> datetime:
    """Return when something was evaluated; a replayed night says its own morning."""
    return min(datetime.fromtimestamp(timestamp, hospital.zone), morning_after(as_of, hospital))
