"""A day of a simulated service: short outages, monthly maintenance, latencies, support tickets."""

from datetime import date, datetime, time, timedelta
from zlib import crc32

import numpy as np
import pandas as pd

from aiops_pipelines.portfolio import System
from aiops_pipelines.schema import ServiceEvent

OUTAGE_CHANCE = 0.05
LATENCIES = 40
TICKET_CHANCE = 0.35


def draw_service_day(system: System, day: date, seed: int) -> pd.DataFrame:
    """Return a day's events with columns event, at (local clock time), seconds, ticket.

    Up 99.95% of the time: an outage of about ten minutes every twenty days. Maintenance on the
    first Sunday of a month from 02:00 to 04:00. Half of the results come within 60 seconds, 95%
    within about 140. Support answers within one to three hours of a morning's ticket.
    """
    rng = np.random.default_rng([seed, crc32(system.id.encode()), day.toordinal(), 7])
    midnight = datetime.combine(day, time(0))
    rows: list[tuple[str, datetime, float, str | None]] = [
        (ServiceEvent.UP, midnight + timedelta(minutes=1), np.nan, None)
    ]
    if day.isoweekday() == 7 and day.day <= 7:
        begins = midnight + timedelta(hours=2)
        rows.append((ServiceEvent.MAINTENANCE_BEGINS, begins, np.nan, None))
        rows.append((ServiceEvent.MAINTENANCE_ENDS, begins + timedelta(hours=2), np.nan, None))
    if rng.random() < OUTAGE_CHANCE:
        fails = midnight + timedelta(minutes=float(rng.uniform(300, 1380)))
        rows.append((ServiceEvent.DOWN, fails, np.nan, None))
        back = fails + timedelta(minutes=float(rng.exponential(10)) + 1)
        rows.append((ServiceEvent.UP, back, np.nan, None))
    minutes = np.sort(rng.uniform(5, 1435, LATENCIES))
    for minute, seconds in zip(minutes, rng.lognormal(np.log(60), 0.5, LATENCIES), strict=True):
        moment = midnight + timedelta(minutes=float(minute))
        rows.append((ServiceEvent.LATENCY, moment, round(float(seconds), 1), None))
    if day.isoweekday() <= 5 and rng.random() < TICKET_CHANCE:
        name = f"T{day:%Y%m%d}"
        opened = midnight + timedelta(hours=float(rng.uniform(8, 13)))
        answered = opened + timedelta(hours=float(rng.uniform(1, 3)))
        rows.append((ServiceEvent.TICKET_OPENED, opened, np.nan, name))
        rows.append((ServiceEvent.TICKET_ANSWERED, answered, np.nan, name))
    frame = pd.DataFrame(rows, columns=["event", "at", "seconds", "ticket"])
    frame["at"] = frame["at"].dt.floor("s")
    return frame.sort_values("at", kind="stable", ignore_index=True)
