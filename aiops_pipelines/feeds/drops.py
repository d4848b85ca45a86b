"""Where a feed's files are: the files of a day, and the days on which any arrived."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import takewhile
from pathlib import PurePosixPath

from upath import UPath

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds.content import reached
from aiops_pipelines.portfolio import FileFeed

_DAY = "{day}"
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")


def files_of_day(feed: FileFeed, day: date, root: UPath, what: str) -> list[UPath]:
    """Return the files that arrived on `day`, in order of their names.

    `what` names the feed in errors.

    Raises:
        FeedError: the folder in which the feed's files arrive does not exist.
    """
    check_folder(feed, root, what)
    pattern = feed.path.replace(_DAY, day.isoformat())
    if "*" not in pattern:
        path = root / pattern
        return [path] if path.is_file() and not _unfinished(path.name) else []
    return sorted((path for path in _finished(root, pattern) if path.is_file()), key=str)


def days_with_files(feed: FileFeed, root: UPath, what: str) -> Iterator[date]:
    """Yield, in order, the days for which any file is there; FeedError as `files_of_day`."""
    check_folder(feed, root, what)
    shape = _shape(feed.path)
    found = set()
    for path in _finished(root, feed.path.replace(_DAY, "*")):
        match = shape.fullmatch(path.relative_to(root).as_posix())
        if match is not None and _is_date(match["day"]):
            found.add(date.fromisoformat(match["day"]))
    yield from sorted(found)


def _finished(root: UPath, pattern: str) -> Iterator[UPath]:
    """Yield the files that match, without those that writers name as not finished."""
    root.fs.invalidate_cache()
    pattern = re.sub(r"\*+", "*", pattern)
    return (path for path in root.glob(pattern) if not _unfinished(path.name))


def _unfinished(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)


def _shape(path: str) -> re.Pattern[str]:
    """Return the pattern of the names that `path` allows, the day as group `day`."""
    first, *others = (re.escape(part).replace(r"\*", "[^/]*") for part in path.split(_DAY))
    day = r"(?P<day>\d{4}-\d\d-\d\d)"
    return re.compile(first + day + "(?P=day)".join(others))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def check_folder(feed: FileFeed, root: UPath, what: str) -> None:
    """Raise FeedError unless the folder in which the feed's files arrive exists."""
    root.fs.invalidate_cache()
    parts = PurePosixPath(feed.path).parts[:-1]
    fixed = list(takewhile(lambda part: _DAY not in part and "*" not in part, parts))
    folder = root.joinpath(*fixed)
    with reached(folder, what):
        found = folder.is_dir()
    if not found:
        raise FeedError(
            f"{what}: the feed's folder {folder} does not exist; set AIOPS_FEEDS to the folder "
            f"that holds {'/'.join(fixed) or feed.path}, or correct `path` ({feed.path})"
        )
