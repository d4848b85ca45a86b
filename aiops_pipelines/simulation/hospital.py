"""Writes the simulated hospital's feeds as its systems' YAML describes them, a file a day.

Deterministic: the same seed gives the same bytes. A system whose feeds are complete for the same
arguments is left alone, and files are written whole or not at all.
"""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from datetime import date, timedelta
from functools import partial

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from upath import UPath

from aiops_pipelines.errors import FeedError
from aiops_pipelines.portfolio import CsvFeed, Feed, ParquetFeed, Portfolio, System, Task
from aiops_pipelines.processes import process_pool
from aiops_pipelines.simulation.cases import draw_day
from aiops_pipelines.simulation.faults import FAULTS, Fault, fault_of
from aiops_pipelines.simulation.service import draw_service_day

_TIMES = ("at", "predicted_at", "decided_at", "received_at")


def simulate(
    portfolio: Portfolio,
    feeds: UPath,
    start: date,
    end: date,
    *,
    seed: int,
    volume: float = 1.0,
    faults: Sequence[Fault] = FAULTS,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Write the feeds of all systems from `start` to `end`, and the faults' truth beside them.

    `volume` scales every system's cases a day; `progress` is told systems done and in all. With
    several `workers` the systems are written side by side, to the same bytes.
    """
    truth = {"from": start.isoformat(), "to": end.isoformat(), "seed": seed, "volume": volume}
    truth_faults = [fault.as_record() for fault in faults]
    left: list[tuple[System, str]] = []
    for system in portfolio.systems:
        own = [fault for fault in truth_faults if fault["system"] == system.id]
        manifest = json.dumps({**truth, "faults": own}, sort_keys=True, indent=2)
        marker = feeds / system.id / "manifest.json"
        if not marker.exists() or marker.read_text() != manifest:
            left.append((system, manifest))
    progress(len(portfolio.systems) - len(left), len(portfolio.systems))
    write = partial(
        _write_system, feeds=feeds, start=start, end=end, seed=seed, volume=volume, faults=faults
    )
    for count, _ in enumerate(_written(left, write, workers), 1):
        progress(len(portfolio.systems) - len(left) + count, len(portfolio.systems))
    _write(feeds / "truth.json", json.dumps({**truth, "faults": truth_faults}, indent=2).encode())


def _written(
    left: Sequence[tuple[System, str]], write: Callable[[System, str], None], workers: int
) -> Iterator[None]:
    """Write the systems that are left, each with its manifest, and yield after each."""
    if workers == 1 or len(left) < 2:
        for each in left:
            write(*each)
            yield
        return
    with process_pool(workers) as pool:
        for done in as_completed([pool.submit(write, *each) for each in left]):
            done.result()
            yield


def _write_system(
    system: System,
    manifest: str,
    feeds: UPath,
    start: date,
    end: date,
    seed: int,
    volume: float,
    faults: Sequence[Fault],
) -> None:
    received: dict[date, list[pd.DataFrame]] = defaultdict(list)
    for day in _days(start, end):
        fault = fault_of(system.id, day, faults)
        drawn = draw_day(system, day, seed, volume, fault)
        if system.service is not None:
            events = draw_service_day(system, day, seed)
            _write_table(system, system.service, feeds, day, events)
        silent = fault is not None and fault.kind == "silent feed"
        if len(drawn.cases) and not silent:
            _write_table(system, system.predictions, feeds, day, drawn.cases)
            for arrival, labels in drawn.labels.groupby(drawn.labels["received_at"].dt.date):
                received[arrival].append(labels)
        arrived = received.pop(day, [])
        if arrived:
            _write_table(system, system.labels, feeds, day, pd.concat(arrived, ignore_index=True))
    _write(feeds / system.id / "manifest.json", manifest.encode())


def _write_table(system: System, feed: Feed, feeds: UPath, day: date, frame: pd.DataFrame) -> None:
    """Write our frame under the feed's own column names and codes."""
    if not isinstance(feed, CsvFeed | ParquetFeed):
        raise FeedError(f"{system.id}: the simulation writes CSV and Parquet, not {feed.kind}")
    raw: dict[str, pa.Array] = {}
    for ours, theirs in feed.columns.items():
        column = frame[ours]
        if ours in ("score", "value") and system.output.task is Task.ORDINAL:
            column = column.map(dict(enumerate(system.output.classes)))
        elif ours == "value" and system.output.task is Task.BINARY:
            column = column.astype("int64")
        raw[theirs] = pa.array(column, from_pandas=True)
        if ours in _TIMES:
            raw[theirs] = raw[theirs].cast(pa.timestamp("s")).cast(pa.string())
        elif ours in feed.values:
            raw[theirs] = _coded(raw[theirs], feed.values[ours])
    table = pa.table(raw)
    sink = pa.BufferOutputStream()
    if feed.kind == "parquet":
        pq.write_table(table, sink, compression="zstd")
    else:
        pacsv.write_csv(table, sink)
    _write(feeds / feed.path.replace("{day}", day.isoformat()), sink.getvalue().to_pybytes())


def _coded(column: pa.Array, meanings: Mapping[str, str]) -> pa.Array:
    """Return the feed's own codes of our values; what has no code stays."""
    codes = {meaning: code for code, meaning in meanings.items()}
    encoded = column.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    theirs = [codes.get(value, value) for value in encoded.dictionary.to_pylist()]
    return pa.array(theirs).take(encoded.indices)


def _write(path: UPath, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _days(start: date, end: date) -> Iterator[date]:
    for offset in range((end - start).days + 1):
        yield start + timedelta(days=offset)
