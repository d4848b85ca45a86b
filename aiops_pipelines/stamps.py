"""What tells that a file is no longer the same, without reading it."""

from collections.abc import Mapping
from typing import Any

from upath import UPath

_SIGNS = ("size", "ETag", "LastModified", "mtime", "created", "ino")


def stamp_of(path: UPath) -> str:
    """Return the stamp of a file; FileNotFoundError without one.

    Of a local file its size, times and inode: the time of its last change can't be set by hand, so
    that a copy with the old date is told apart. Of an object its size and entity tag.
    """
    return _stamp(path.fs.info(path.path))


def stamps_in(folder: UPath) -> dict[str, str]:
    """Return the stamps of the files in `folder` by their names, by one listing."""
    folder.fs.invalidate_cache(folder.path)
    try:
        found = folder.fs.ls(folder.path, detail=True)
    except FileNotFoundError:
        return {}
    files = (each for each in found if each["type"] == "file")
    return {str(each["name"]).rsplit("/", 1)[-1]: _stamp(each) for each in files}


def _stamp(info: Mapping[str, Any]) -> str:
    return " ".join(str(info[sign]) for sign in _SIGNS if sign in info)
