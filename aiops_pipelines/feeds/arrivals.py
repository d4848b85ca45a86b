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
from aiops_pipelines.feeds.drops import Drop, drop_at, drops_by_day, files_of_day
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
    return list(deliveries(system, which, root, zone))


def deliveries(
    system: System, which: Which, root: UPath, zone: ZoneInfo
) -> dict[date, tuple[Drop, ...]]:
    """Return the days on which anything arrived, in order, with the files it came in.

    By SQL these are all days from the first watermark to the last, without files; the days of an
    archive all have its one file.

    Raises:
        FeedError: the feed's folder, archive or database can't be read.
        ConfigurationError: the environment variable with the database's URL is not set.
    """
    feed, what = _feed(system, which)
    if isinstance(feed, SqlFeed):
        return dict.fromkeys(days_in_database(feed, zone, what), ())
    archive = archive_feed(feed)
    if archive is None:
        return {day: tuple(found) for day, found in drops_by_day(feed, root, what).items()}
    cases = archive_feed(system.predictions) if which == "labels" else None
    days = days_of_archive((cases or archive)[0], archive[1], root, WATCH, what)
    return dict.fromkeys(days, (drop_at(root / archive[0].path, root, what),))


def day_drops(system: System, which: Which, day: date, root: UPath) -> tuple[Drop, ...]:
    """Return the files that arrived on `day`, as `deliveries` does, without looking for others."""
    feed, what = _feed(system, which)
    if isinstance(feed, SqlFeed):
        return ()
    archive = archive_feed(feed)
    paths = [root / archive[0].path] if archive else files_of_day(feed, day, root, what)
    return tuple(drop_at(path, root, what) for path in paths)


def corrects(feed: Feed) -> bool:
    """Tell whether the rows of a later file replace those of earlier files."""
    return isinstance(feed, FileFeed) and feed.later_files == "correct"


def replaces(feed: Feed) -> bool:
    """Tell whether a day's last file stands for the whole day."""
    return isinstance(feed, FileFeed) and feed.later_files == "replace"


def _feed(system: System, which: Which) -> tuple[Feed, str]:
    feed = system.predictions if which == "predictions" else system.labels
    return feed, f"{system.id}: {which}"
