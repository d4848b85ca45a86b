"""What arrived on a day, whatever the kind of feed: files, a day of an archive, rows by SQL."""

from collections.abc import Iterable
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from upath import UPath

from aiops_pipelines.feeds.archive import (
    archive_feed,
    days_of_archive,
    labels_of_day,
    predictions_of_day,
)
from aiops_pipelines.feeds.content import Watch
from aiops_pipelines.feeds.days import day_span
from aiops_pipelines.feeds.drops import days_with_files, files_of_day
from aiops_pipelines.feeds.raw_file import RawFile, raw_files
from aiops_pipelines.feeds.sql import days_in_database, rows_of_span
from aiops_pipelines.portfolio import Feed, FileFeed, SqlFeed, System

WATCH = Watch()
UTC = ZoneInfo("UTC")

Which = Literal["predictions", "labels"]


def files_arrived(
    system: System, which: Which, day: date, root: UPath, zone: ZoneInfo, watch: Watch
) -> Iterable[RawFile]:
    """Return what arrived on `day`, to be read one after the other."""
    feed, what = _feed(system, which)
    if isinstance(feed, SqlFeed):
        return rows_of_span(feed, day_span(day, zone), what)
    archive = archive_feed(feed)
    if archive is None:
        return raw_files(files_of_day(feed, day, root, what), feed, root, watch, what)
    if which == "labels":
        return labels_of_day(system, day, root, watch)
    return predictions_of_day(*archive, day, root, watch, what)


def arrival_days(system: System, which: Which, root: UPath, zone: ZoneInfo) -> list[date]:
    """Return the days on which anything arrived, in order."""
    feed, what = _feed(system, which)
    if isinstance(feed, SqlFeed):
        return days_in_database(feed, zone, what)
    archive = archive_feed(feed)
    if archive is None:
        return list(days_with_files(feed, root, what))
    cases = archive_feed(system.predictions) if which == "labels" else None
    return days_of_archive((cases or archive)[0], archive[1], root, WATCH, what)


def corrects(feed: Feed) -> bool:
    """Tell whether the rows of a later file replace those of earlier files."""
    return isinstance(feed, FileFeed) and feed.later_files == "correct"


def _feed(system: System, which: Which) -> tuple[Feed, str]:
    feed = system.predictions if which == "predictions" else system.labels
    return feed, f"{system.id}: {which}"
