"""A file's bytes at hand: settled, hashed, unpacked within bounds, seekable.

Files of an object store are fetched, packed ones unpacked, into unnamed temporary files that the
system removes with the process.
"""

import gzip
import hashlib
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from upath import UPath

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds.decoded import UnreadableFileError
from aiops_pipelines.feeds.rules import Rule

_CHUNK = 1 << 20
_LOCAL = {"", "file", "local"}
UNPACKED_LIMIT = 8 << 30
"""The most bytes that a packed file may have unpacked."""
UNPACKED_FREELY, UNPACKED_RATIO = 64 << 20, 200
"""Beyond the first number of bytes, a packed file may have at most so many bytes a packed byte."""

_MAGIC = {b"PK\x03\x04": Rule.ZIP, b"\xff\xfe": Rule.NOT_UTF8, b"\xfe\xff": Rule.NOT_UTF8}


@dataclass(frozen=True, slots=True)
class Watch:
    """The clock by which a file is settled (seconds since 1970), and how to wait."""

    now: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep


@contextmanager
def settled(path: UPath, seconds: float, watch: Watch, what: str) -> Iterator[BinaryIO]:
    """Give the file's bytes as they lie there, once it has not changed for `seconds`.

    Raises:
        FeedError: the file changed while it was watched or read, or can't be opened.
    """
    with reached(path, what):
        before = _state(path)
        age = watch.now() - before[1]
        if seconds and age < seconds:
            watch.wait(min(seconds - age, seconds))
            _unchanged(path, before, what)
        with _local(path) as stream:
            yield stream
        _unchanged(path, before, what)


@contextmanager
def reached(path: UPath, what: str) -> Iterator[None]:
    """Turn what goes wrong on the way to a file or store into FeedError."""
    try:
        yield
    except OSError as error:
        raise FeedError(f"{what}: {path} can't be read: {error.strerror or error}") from None
    except Exception as error:
        if path.protocol in _LOCAL or isinstance(error, FeedError):
            raise
        # Each object store's client has errors of its own, which share no base.
        raise FeedError(f"{what}: {path} can't be reached: {error}") from None


def digest(stream: BinaryIO) -> str:
    """Return the SHA-256 of a stream from its beginning, and go back there."""
    found = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        found.update(chunk)
    stream.seek(0)
    return found.hexdigest()


@contextmanager
def unpacked(stream: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    """Give the stream, or what is in it if `suffix` says that it is gzip.

    Raises:
        UnreadableFileError: empty, not gzip, truncated, larger than allowed, or a zip archive.
    """
    if suffix != ".gz":
        _check_start(stream)
        yield stream
        return
    with tempfile.TemporaryFile() as target:
        _unpack(stream, target)
        _check_start(target)
        yield target


def size_of(stream: BinaryIO) -> int:
    """Return the stream's length in bytes, and go back to its beginning."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return size


def whole(stream: BinaryIO, limit: int) -> bytes:
    """Return all bytes; UnreadableFileError if there are more than `limit`."""
    if size_of(stream) > limit:
        raise UnreadableFileError(Rule.TOO_LARGE)
    return stream.read()


def _unpack(stream: BinaryIO, target: BinaryIO) -> None:
    packed = size_of(stream)
    limit = min(UNPACKED_LIMIT, max(UNPACKED_FREELY, UNPACKED_RATIO * packed))
    if not packed:
        return
    try:
        with gzip.GzipFile(fileobj=stream) as source:
            size = 0
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise UnreadableFileError(Rule.BOMB)
                target.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UnreadableFileError(Rule.NOT_GZIP) from None
    target.seek(0)


def _check_start(stream: BinaryIO) -> None:
    start = stream.read(4)
    stream.seek(0)
    if not start:
        raise UnreadableFileError(Rule.EMPTY_FILE)
    for magic, rule in _MAGIC.items():
        if start.startswith(magic):
            raise UnreadableFileError(rule)


def _state(path: UPath) -> tuple[int, float]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime


def _unchanged(path: UPath, before: tuple[int, float], what: str) -> None:
    if _state(path) != before:
        raise FeedError(
            f"{what}: {path.name} is still being written; run the day again when it is complete, "
            f"or raise `settle_seconds` if its writer pauses"
        )


@contextmanager
def _local(path: UPath) -> Iterator[BinaryIO]:
    if path.protocol in _LOCAL:
        with path.open("rb") as stream:
            yield stream
        return
    with path.open("rb") as source, tempfile.TemporaryFile() as target:
        shutil.copyfileobj(source, target, _CHUNK)
        target.seek(0)
        yield target
