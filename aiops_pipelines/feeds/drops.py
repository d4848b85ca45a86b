"""Where a feed's files are: the files of a day, and the days on which any arrived."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import takewhile
from pathlib import PurePosixPath

from upath import UPath

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds.content import digest, reached
from aiops_pipelines.portfolio import FileFeed
from aiops_pipelines.stamps import stamp_of

_DAY = "{day}"
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")


@dataclass(frozen=True, slots=True)
class Drop:
    """A file that arrived: name relative to the feeds' root, and a stamp that changes with it."""

    path: UPath
    name: str
    stamp: str

    def sha256(self, what: str) -> str:
        """Return the SHA-256 of the file's bytes; FeedError, naming `what`, if it can't be read."""
        return _sha256(self.path, self.stamp, what)


@lru_cache(maxsize=256)
def _sha256(path: UPath, stamp: str, what: str) -> str:
    """Return the file's SHA-256, once for all days of an archive; another stamp, another key."""
    del stamp
    with reached(path, what), path.open("rb") as stream:
        return digest(stream)


def drop_at(path: UPath, root: UPath, what: str) -> Drop:
    """Return the file at `path` as a drop; FeedError, naming `what`, if it is not there."""
    with reached(path, what):
        return Drop(path, path.relative_to(root).as_posix(), stamp_of(path))


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


def drops_by_day(feed: FileFeed, root: UPath, what: str) -> dict[date, list[Drop]]:
    """Return the files that are there by the day they arrived, in order of day and name.

    Raises:
        FeedError: as `files_of_day`.
    """
    check_folder(feed, root, what)
    shape = _shape(feed.path)
    found: dict[date, list[Drop]] = {}
    for path in sorted(_finished(root, feed.path.replace(_DAY, "*")), key=str):
        match = shape.fullmatch(path.relative_to(root).as_posix())
        if match is not None and _is_date(match["day"]) and path.is_file():
            day = date.fromisoformat(match["day"])
            found.setdefault(day, []).append(drop_at(path, root, what))
    return dict(sorted(found.items()))


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
