"""The lake: Parquet files that are written whole or not at all, and the same for the same input.

A file is `<table>/<system>/<day>.parquet` below the root. Each carries `as_of`, the day up to
whose end its content was known, in its Parquet metadata.
"""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from aiops_pipelines.errors import LakeError
from aiops_pipelines.stamps import stamp_of, stamps_in

_AS_OF = b"aiops.as_of"
_CACHE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of the lake: path below the root, rows, bytes and SHA-256 of its content."""

    path: str
    rows: int
    size: int
    sha256: str


class Lake:
    """Reads and writes the lake's tables below `root` (a local folder or an object store's URL).

    Tables read are kept up to half a gigabyte, the least recently used going first; a file that
    has changed is read again.
    """

    def __init__(self, root: UPath) -> None:
        self.root = root
        self._cache: OrderedDict[str, tuple[object, pa.Table]] = OrderedDict()
        self._cached_bytes = 0
        self._paths: dict[tuple[str, str, date], UPath] = {}

    def write(self, table: str, system: str, day: date, data: pa.Table, as_of: date) -> FileRecord:
        """Write `data` as the table's file of `system` and `day`, atomically; return its record."""
        metadata = {**(data.schema.metadata or {}), _AS_OF: as_of.isoformat().encode()}
        sink = pa.BufferOutputStream()
        pq.write_table(data.replace_schema_metadata(metadata), sink, compression="zstd")
        content = sink.getvalue().to_pybytes()
        path = self._path(table, system, day)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        unfinished.write_bytes(content)
        unfinished.replace(path)
        digest = hashlib.sha256(content).hexdigest()
        return FileRecord(self._relative(path), data.num_rows, len(content), digest)

    def read(self, table: str, system: str, day: date) -> pa.Table:
        """Return the table's file of `system` and `day`.

        Raises:
            LakeError: the file is missing or damaged.
        """
        found = self.find(table, system, day)
        if found is None:
            raise LakeError(
                f"{table} of {system} on {day} is not in the lake; "
                f"run: aiops run --day {day} --system {system}"
            )
        return found

    def find(self, table: str, system: str, day: date) -> pa.Table | None:
        """Return the file's table, or None where there is no file."""
        path = self._path(table, system, day)
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
        stamp = (status.st_mtime_ns if hasattr(status, "st_mtime_ns") else None, status.st_size)
        held = self._cache.get(str(path))
        if held is not None and held[0] == stamp:
            self._cache.move_to_end(str(path))
            return held[1]
        try:
            data = pq.ParquetFile(pa.BufferReader(path.read_bytes())).read()
        except pa.ArrowInvalid as error:
            raise LakeError(
                f"{self._relative(path)} is damaged ({error}); delete it and rematerialize the day"
            ) from error
        self._keep(str(path), stamp, data)
        return data

    def read_days(
        self, table: str, system: str, start: date, end: date
    ) -> Iterator[tuple[date, pa.Table]]:
        """Yield day and table for each file from `start` to `end`, both included, in order."""
        day = start
        while day <= end:
            data = self.find(table, system, day)
            if data is not None:
                yield day, data
            day += timedelta(days=1)

    def days(self, table: str, system: str) -> list[date]:
        """Return the days for which the table of `system` has a file, in order."""
        return list(self.stamps(table, system))

    def stamps(self, table: str, system: str) -> dict[date, str]:
        """Return the days for which there is a file, in order, with what changes when it does."""
        found = stamps_in(self.root / table / system).items()
        return {
            date.fromisoformat(name.removesuffix(".parquet")): stamp
            for name, stamp in sorted(found)
            if name.endswith(".parquet") and not name.startswith(".")
        }

    def stamp(self, table: str, system: str, day: date) -> str:
        """Return the stamp of an existing file, as `stamps` does."""
        return stamp_of(self._path(table, system, day))

    def digest(self, table: str, system: str, day: date) -> FileRecord:
        """Return the record of an existing file, read anew; raise LakeError without one."""
        rows = self.read(table, system, day).num_rows
        path = self._path(table, system, day)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        return FileRecord(self._relative(path), rows, len(content), digest)

    def _keep(self, path: str, stamp: object, data: pa.Table) -> None:
        replaced = self._cache.pop(path, None)
        self._cached_bytes += data.nbytes - (replaced[1].nbytes if replaced else 0)
        self._cache[path] = (stamp, data)
        while self._cached_bytes > _CACHE_BYTES:
            _, (_, dropped) = self._cache.popitem(last=False)
            self._cached_bytes -= dropped.nbytes

    def _path(self, table: str, system: str, day: date) -> UPath:
        key = (table, system, day)
        path = self._paths.get(key)
        if path is None:  # asked for thousands of times a night: joining takes longer than a look
            path = self.root.joinpath(table, system, f"{day.isoformat()}.parquet")
            self._paths[key] = path
        return path

    def _relative(self, path: UPath) -> str:
        return str(path).removeprefix(str(self.root)).lstrip("/")


def as_of(data: pa.Table) -> date:
    """Return the day up to whose end the table's content was known; LakeError without one."""
    stated = (data.schema.metadata or {}).get(_AS_OF)
    if stated is None:
        raise LakeError("a table without as_of did not come from the lake")
    return date.fromisoformat(stated.decode())
