"""What a landed table was made from, kept in its metadata: files by content, mapping, case days.

A file that comes days after the day in its name, that grows, or that is corrected without growing
is seen by that.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds import Drop, FileRead
from aiops_pipelines.portfolio import Feed, System
from aiops_pipelines.schema import LABELS

_FILES, _MAPPING = b"aiops.files", b"aiops.mapping"
_CASE_DAYS, _GATHERED = b"aiops.case_days", b"aiops.gathered"


def with_source(table: pa.Table, files: Iterable[FileRead], system: System, feed: Feed) -> pa.Table:
    """Return `table` with the files it was read from, and how, in its metadata."""
    read = {file.name: file.sha256 for file in files}
    return _with(table, {_FILES: read, _MAPPING: mapping_digest(system, feed)})


def came_from(held: pa.Table, drops: Iterable[Drop], what: str) -> bool:
    """Tell whether `held` was read from `drops` as they are now.

    Files that the hospital has cleared away since change nothing. FeedError if one can't be read.
    """
    read = _get(held, _FILES)
    return all(drop.name in read and drop.sha256(what) == read[drop.name] for drop in drops)


def is_recorded(held: pa.Table) -> bool:
    """Tell whether it is on record what `held` was read from."""
    return _FILES in (held.schema.metadata or {})


def cleared(held: pa.Table, drops: Collection[Drop], what: str) -> tuple[FileRead, ...]:
    """Return the files that `held` was read from and that have been cleared away since.

    One that is there under another name has not. FeedError if a drop can't be read.
    """
    names = {drop.name for drop in drops}
    gone = {name: sha256 for name, sha256 in _get(held, _FILES).items() if name not in names}
    there = {drop.sha256(what) for drop in drops} if gone else set()
    return tuple(FileRead(name, sha, 0) for name, sha in gone.items() if sha not in there)


def mapped_alike(held: pa.Table, system: System, feed: Feed) -> bool:
    """Tell whether the YAML still says how to read the feed as when `held` was read."""
    return bool(_get(held, _MAPPING) == mapping_digest(system, feed))


def mapping_digest(system: System, feed: Feed) -> str:
    """Return what changes with the YAML's words on the feed, the output or the truth's sources."""
    said = (feed.model_dump_json(), system.output.model_dump_json(), *system.truth.sources)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def with_case_days(arrivals: pa.Table, earlier: pa.Table | None) -> pa.Table:
    """Return landed labels with a digest of each case day's rows in the metadata.

    Days that `earlier`, which they replace, had rows of and that have none now stay, as None.
    """
    found = dict.fromkeys(case_days(earlier) if earlier is not None else ())
    return _with(arrivals, {_CASE_DAYS: _keyed({**found, **_digests(arrivals)})})


def case_days(arrivals: pa.Table) -> Mapping[date, str | None]:
    """Return the digest of each case day's rows among landed labels; None where they are gone."""
    known = _CASE_DAYS in (arrivals.schema.metadata or {})
    return _dated(_get(arrivals, _CASE_DAYS)) if known else _digests(arrivals)


def with_gathered(labels: pa.Table, arrivals: Mapping[date, str]) -> pa.Table:
    """Return a day's labels with what they were gathered from: digests by day of receipt."""
    return _with(labels, {_GATHERED: _keyed(arrivals)})


def gathered(labels: pa.Table) -> Mapping[date, str]:
    """Return the digests, by day of receipt, of what a day's labels were gathered from."""
    return _dated(_get(labels, _GATHERED))


def _digests(arrivals: pa.Table) -> dict[date, str]:
    columns = [_text(arrivals[name]) for name in LABELS.names]
    lines = pc.binary_join_element_wise(*columns, "|", null_handling="replace").to_pylist()
    said: dict[date, list[str]] = {}
    for day, line in zip(arrivals["case_day"].to_pylist(), lines, strict=True):
        if day is not None:
            said.setdefault(day, []).append(line)
    return {
        day: hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()[:16]
        for day, rows in said.items()
    }


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    timed = pa.types.is_timestamp(column.type)
    return (column.cast(pa.int64()) if timed else column).cast(pa.string())


def _with(table: pa.Table, facts: Mapping[bytes, Any]) -> pa.Table:
    added = {name: json.dumps(value).encode() for name, value in facts.items()}
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **added})


def _get(table: pa.Table, name: bytes) -> Any:
    return json.loads((table.schema.metadata or {}).get(name, b"{}"))


def _keyed(values: Mapping[date, Any]) -> dict[str, Any]:
    return {day.isoformat(): value for day, value in sorted(values.items())}


def _dated(values: Mapping[str, Any]) -> dict[date, Any]:
    return {date.fromisoformat(day): value for day, value in values.items()}
