"""The partitions everything shares: a day of one AI system, a day, a quarter.

Days are the hospital's local days from the portfolio's `monitoring_start`. Systems are dynamic:
adding a YAML file adds a partition at the next night, without a code change.
"""

from collections.abc import Iterable
from datetime import date

import dagster as dg

from aiops_pipelines.portfolio import Hospital, load_hospital
from aiops_pipelines.settings import Settings

SYSTEMS = dg.DynamicPartitionsDefinition(name="ai_system")


def days(hospital: Hospital) -> dg.DailyPartitionsDefinition:
    """Return the hospital's days; the current one is included, for reruns during the day."""
    return dg.DailyPartitionsDefinition(
        start_date=hospital.monitoring_start.isoformat(),
        timezone=hospital.time_zone,
        end_offset=1,
    )


def quarters(hospital: Hospital) -> dg.TimeWindowPartitionsDefinition:
    """Return the hospital's calendar quarters, each named by its first day."""
    start = hospital.monitoring_start
    first = date(start.year, 3 * ((start.month - 1) // 3) + 1, 1)
    return dg.TimeWindowPartitionsDefinition(
        start=first.isoformat(),
        cron_schedule="0 0 1 1,4,7,10 *",
        fmt="%Y-%m-%d",
        timezone=hospital.time_zone,
        end_offset=1,
    )


HOSPITAL = load_hospital(Settings.from_environment().portfolio)
DAYS = days(HOSPITAL)
QUARTERS = quarters(HOSPITAL)
SYSTEM_DAYS = dg.MultiPartitionsDefinition({"day": DAYS, "system": SYSTEMS})


def system_day(day: date, system: str) -> dg.MultiPartitionKey:
    """Return the partition key of one system's day."""
    return dg.MultiPartitionKey({"day": day.isoformat(), "system": system})


def selected(keys: Iterable[str]) -> tuple[str, list[date]]:
    """Return the system and the days, in order, of a run's partition keys.

    Raises ValueError when a run spans several systems: one run, one system is the rule that keeps
    one broken feed from stopping the others.
    """
    pairs = [SYSTEM_DAYS.get_partition_key_from_str(key).keys_by_dimension for key in keys]
    systems = sorted({pair["system"] for pair in pairs})
    if len(systems) != 1:
        raise ValueError(f"a run works on one system's days; this one has {', '.join(systems)}")
    return systems[0], sorted(date.fromisoformat(pair["day"]) for pair in pairs)
