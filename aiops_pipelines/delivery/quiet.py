"""Quiet hours: when a message that can wait is sent."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiops_pipelines.portfolio import QuietHours


def send_after(now: datetime, quiet: QuietHours | None, zone: ZoneInfo) -> datetime:
    """Return `now`, or the end of the quiet hours it falls into, in the hospital's zone.

    Quiet hours may run over midnight; both ends are times of the wall clock.
    """
    local = now.astimezone(zone)
    if quiet is None or not _within(local.time(), quiet.start, quiet.end):
        return now
    day = local.date() + timedelta(days=int(local.time() >= quiet.end))
    return datetime.combine(day, quiet.end, zone)


def _within(moment: time, start: time, end: time) -> bool:
    if start <= end:
        return start <= moment < end
    return moment >= start or moment < end
