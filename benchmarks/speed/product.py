"""The product's own paths at scale: python -m benchmarks.speed.product TASK FOLDER.

Feeds, daily statistics, trailing windows and the simulation are timed as the nightly run calls
them, on cases that the simulated hospital draws: in a process of its own, so that the peak memory
is the reader's.
"""

import json
import multiprocessing
import resource
import shutil
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from aiops_pipelines.evaluation.daily import daily_statistics
from aiops_pipelines.evaluation.profile import build_profile
from aiops_pipelines.feeds import FeedBatch, Pseudonymiser, read_predictions
from aiops_pipelines.feeds.arrivals import WATCH, files_arrived
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import System, load_portfolio
from aiops_pipelines.quality.validation import validate_predictions
from aiops_pipelines.schema import scored_cases_schema
from aiops_pipelines.simulation import simulate
from aiops_pipelines.simulation.behaviour import BEHAVIOURS
from aiops_pipelines.simulation.cases import draw_day
from aiops_pipelines.statistics import Histogram, reference_edges, trailing

DAY = date(2026, 6, 3)
CASES_A_DAY = 22_900
"""Twelve systems over 365 days are then 10^8 rows."""

BOOK = load_portfolio(Path(__file__).parents[2] / "portfolio")


def timed(call: Callable[[], object]) -> float:
    """Return the CPU seconds of a call, all threads together."""
    start = time.process_time()
    call()
    return time.process_time() - start


def apart(call: Callable[..., None], *arguments: object) -> None:
    """Call in a process of its own, and stop where it fails."""
    process = multiprocessing.get_context("spawn").Process(target=call, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{call.__name__} failed: see above")


def draw_delivery(system: str, root: Path, copies: int) -> None:
    """Write one day's file of about 10^6 rows times `copies`."""
    book = BOOK.model_copy(update={"systems": (BOOK.system(system),)})
    volume = copies * 10**6 / BEHAVIOURS[system].volume
    simulate(book, UPath(root), DAY, DAY, seed=1, volume=volume, faults=())


def feed(folder: Path, system: str, copies: int) -> dict[str, float]:
    """Read one file of about 10^6 rows times `copies` through rules, pseudonyms and provenance."""
    found = BOOK.system(system)
    root = folder / f"feed-{system}-{copies}"
    target = root / found.predictions.path.replace("{day}", DAY.isoformat())
    if not target.exists():
        apart(draw_delivery, system, root, copies)
    seconds, clock, rows = [], [], 0
    for _ in range(5 if copies == 1 else 1):
        start, start_clock = time.process_time(), time.perf_counter()
        batch = read_delivery(found, root)
        seconds.append(time.process_time() - start)
        clock.append(time.perf_counter() - start_clock)
        rows = batch.rows.num_rows
        del batch
    return {"rows": rows, "seconds": float(np.median(seconds)), "clock": float(np.median(clock))}


def read_delivery(system: System, root: Path) -> FeedBatch:
    """Read the day's file as the night does."""
    zone = ZoneInfo("America/Chicago")
    return read_predictions(system, DAY, UPath(root), Pseudonymiser(b"k" * 32), zone)


def adapter(folder: Path, system: str, copies: int) -> dict[str, float]:
    """Read the same file as its adapter does: decoded block by block, nothing kept."""
    found, root = BOOK.system(system), folder / f"feed-{system}-{copies}"
    start, start_clock = time.process_time(), time.perf_counter()
    files = files_arrived(found, "predictions", DAY, UPath(root), ZoneInfo("UTC"), WATCH)
    rows = sum(block.total for file in files for block in file.blocks)
    clock = time.perf_counter() - start_clock
    return {"rows": rows, "seconds": time.process_time() - start, "clock": clock}


def suite(folder: Path, rows: int) -> dict[str, float]:
    """Run the predictions' suite on `rows` rows, Great Expectations imported and warm."""
    system = BOOK.system("deterioration-index")
    feed(folder, system.id, 1)
    table = read_delivery(system, folder / f"feed-{system.id}-1").rows.slice(0, rows)
    found = validate_predictions(system, table)
    seconds = [timed(lambda: validate_predictions(system, table)) for _ in range(5)]
    expectations = len(found.outcomes)
    return {"rows": rows, "seconds": float(np.median(seconds)), "expectations": expectations}


def scored(system: System, day: date) -> pa.Table:
    """Return a day's scored cases as the lake holds them, drawn by the simulation."""
    drawn = draw_day(system, day, 1, CASES_A_DAY / BEHAVIOURS[system.id].volume, None)
    frame = drawn.cases
    label = drawn.labels.drop_duplicates("case_id").set_index("case_id")["value"]
    frame["label"] = frame["case_id"].map(label)
    times = ("received_at", "decided_at", "label_received_at", "label_first_received_at")
    for name in times:
        frame[name] = frame["predicted_at"]
    frame["source"], frame["revision"] = system.truth.sources[0], 0
    frame["label_state"] = np.where(frame["label"].isna(), "pending", "mature")
    columns = [_column(frame[field.name], field.type) for field in scored_cases_schema(system)]
    return pa.table(columns, schema=scored_cases_schema(system))


def _column(values: object, kind: pa.DataType) -> pa.Array:
    column = pa.array(values, from_pandas=True)
    if pa.types.is_dictionary(kind):
        return column.cast(pa.string()).dictionary_encode().cast(kind)
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp(kind.unit)).cast(pa.int64()).cast(kind)
    return column.cast(kind)


def write_days(folder: Path) -> None:
    """Write a few days of each system as Parquet, read again and again to make up the year."""
    lake = Lake(UPath(folder / "lake"))
    for system in BOOK.systems:
        for day in _days(system):
            lake.write("scored_cases", system.id, day, scored(system, DAY), day)


def _days(system: System) -> list[date]:
    start = system.reference.start
    return [date(start.year, start.month, 1 + offset) for offset in range(3)]


def year(folder: Path, rounds: int) -> dict[str, float]:
    """Read `rounds` days of twelve systems, then read and count them."""
    apart(write_days, folder)
    lake = Lake(UPath(folder / "lake"))
    profiles, files = {}, {}
    for system in BOOK.systems:
        start, *_ = days = _days(system)
        period = system.reference.model_copy(update={"start": start, "end": start})
        profiles[system.id] = build_profile(lake, system, period)
        table = folder / "lake" / "scored_cases" / system.id
        files[system.id] = [table / f"{day}.parquet" for day in days]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows, reading, both = 0, 0.0, 0.0
    for index in range(rounds):
        for system in BOOK.systems:
            path = files[system.id][index % 3]
            reading += timed(lambda path=path: pq.ParquetFile(path).read(use_threads=False))
            start_time = time.process_time()
            table = pq.ParquetFile(path).read(use_threads=False)
            daily_statistics(table, system, profiles[system.id])
            both += time.process_time() - start_time
            rows += table.num_rows
    return {"rows": rows, "reading": reading, "both": both, "before_mb": before}


def windows(folder: Path) -> dict[str, float]:
    """Return a year's 28-day series of AUROC, average precision, Brier score and calibration."""
    del folder
    system = BOOK.system("sepsis-early-warning")
    table = scored(system, DAY)
    score, label = table["score"].to_numpy(), table["label"].to_numpy()
    known = ~np.isnan(label)
    draw = np.random.default_rng(0)
    edges = reference_edges(score, [0.12])
    days = []
    for _ in range(365):
        chosen = draw.integers(0, len(score), 2000)
        labels = np.where(known, label, 0)[chosen]
        days.append(Histogram.from_cases(score[chosen], labels, edges, known[chosen]))
    found = {}
    for name in ("auroc", "average_precision", "brier", "calibration"):
        found[name] = timed(lambda name=name: [getattr(w, name)() for w in trailing(days, 28)])
    rates = timed(lambda: [w.operating_point(0.12) for w in trailing(days, 28)])
    return {**found, "operating_point": rates}


def simulation(folder: Path, days: int) -> dict[str, float]:
    """Write `days` days of twelve systems at 10^4 cases a day and system."""
    root = folder / "simulated"
    shutil.rmtree(root, ignore_errors=True)
    volume = 10_000 * len(BEHAVIOURS) / sum(each.volume for each in BEHAVIOURS.values())
    last = date(2026, 6, days)
    start = time.perf_counter()
    simulate(BOOK, UPath(root), date(2026, 6, 1), last, seed=1, volume=volume)
    seconds = time.perf_counter() - start
    size = sum(file.stat().st_size for file in root.rglob("*") if file.is_file())
    shutil.rmtree(root)
    return {"days": days, "seconds": seconds, "megabytes": size / 1e6}


TASKS: dict[str, Callable[[Path], dict[str, float]]] = {
    "csv": lambda folder: feed(folder, "sepsis-early-warning", 1),
    "parquet": lambda folder: feed(folder, "deterioration-index", 1),
    "csv-10m": lambda folder: feed(folder, "sepsis-early-warning", 10),
    "parquet-10m": lambda folder: feed(folder, "deterioration-index", 10),
    "csv-10m-adapter": lambda folder: adapter(folder, "sepsis-early-warning", 10),
    "parquet-10m-adapter": lambda folder: adapter(folder, "deterioration-index", 10),
    "suite": lambda folder: suite(folder, 10**5),
    "year": lambda folder: year(folder, 365),
    "month": lambda folder: year(folder, 30),
    "windows": windows,
    "simulation": lambda folder: simulation(folder, 14),
}

if __name__ == "__main__":
    found = TASKS[sys.argv[1]](Path(sys.argv[2]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({**found, "peak_mb": peak}, sys.stdout)
