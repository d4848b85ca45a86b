"""Counts the false alarms of every quality and integrity rule in a healthy simulated year.

The example hospital's systems without any fault, written straight into a lake in a temporary
folder and judged night by night by the domain's own functions. A rule's alarms are the nights on
which it warned or was breached; nights before it had enough history are not counted. Suites and
label delays, which cost more, are judged every SUITE_EVERY nights.

    python benchmarks/coverage/quality.py [--volume 1.0] [--days 365] [--system ID ...]
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
from upath import UPath

from aiops_pipelines.evaluation.arrivals import closed_days
from aiops_pipelines.evaluation.daily import write_daily_statistics
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.integrity import (
    label_delays,
    labels_integrity,
    predictions_integrity,
)
from aiops_pipelines.ingestion import ingest_scored_cases
from aiops_pipelines.ingestion.labels import CaseDays, arrivals_of_cases, merge_labels
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Portfolio, ReferencePeriod, System, load_portfolio
from aiops_pipelines.quality.validation import (
    quality_figures,
    validate_labels,
    validate_predictions,
)
from aiops_pipelines.schema import LABELS, predictions_schema
from aiops_pipelines.simulation.cases import Day, draw_day
from aiops_pipelines.verdict import Verdict

START = date(2027, 1, 4)
REFERENCE_DAYS = 56
SUITE_EVERY = 7
SEED = 20270104
ALARMS = (Verdict.WARN, Verdict.BREACH)


def nights(book: Portfolio, system: System, days: int, volume: float) -> Iterator[list[Figure]]:
    """Yield each night's figures of one healthy system after its reference period."""
    last = START + timedelta(days=REFERENCE_DAYS - 1)
    system = system.model_copy(
        update={"reference": ReferencePeriod.model_validate({"from": START, "to": last})}
    )
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(UPath(folder))
        waiting: dict[date, list[pa.Table]] = defaultdict(list)
        said: dict[date, list[pa.Table]] = defaultdict(list)
        for offset in range(REFERENCE_DAYS + days):
            day = START + timedelta(days=offset)
            drawn = draw_day(system, day, SEED, volume, None)
            _write(lake, system, day, drawn, book, waiting, said)
            judged_whole = offset >= REFERENCE_DAYS - 1 and offset % SUITE_EVERY == 0
            _count(lake, system, day, said, judged_whole or offset == REFERENCE_DAYS - 1)
            if offset == REFERENCE_DAYS - 1:
                reference = [START + timedelta(days=back) for back in range(REFERENCE_DAYS)]
                list(write_daily_statistics(lake, system, reference, day))
            if offset >= REFERENCE_DAYS:
                yield list(_figures(lake, book, system, day, offset))


def _write(
    lake: Lake,
    system: System,
    day: date,
    drawn: Day,
    book: Portfolio,
    waiting: dict[date, list[pa.Table]],
    said: dict[date, list[pa.Table]],
) -> None:
    cases = drawn.cases.drop_duplicates("case_id")
    cases = _in_utc(cases, ["predicted_at"], book).assign(received_at=lambda f: f["predicted_at"])
    table = pa.Table.from_pandas(cases, schema=predictions_schema(system), preserve_index=False)
    lake.write("predictions", system.id, day, table, day)
    for arrival, rows in drawn.labels.groupby(drawn.labels["received_at"].dt.date):
        labels = _in_utc(rows, ["decided_at", "received_at"], book)
        waiting[arrival].append(pa.Table.from_pandas(labels, schema=LABELS, preserve_index=False))
    arrived = pa.concat_tables([LABELS.empty_table(), *waiting.pop(day, [])])
    days = (day - timedelta(days=back) for back in range(REFERENCE_DAYS + 1))
    landed = CaseDays(lake, system, days).added_to(arrived)
    lake.write("label_arrivals", system.id, day, landed, day)
    for case_day in set(landed["case_day"].to_pylist()) - {None}:
        said[case_day].append(arrivals_of_cases(landed, case_day))


def _count(
    lake: Lake, system: System, day: date, said: dict[date, list[pa.Table]], recent: bool
) -> None:
    """Count the days whose labels are due now, and before delays are judged the `recent` ones."""
    age = max(system.truth.mature_after_days, 1)
    for back in sorted({age, 2 * age, *range(age * recent)}):
        counted = day - timedelta(days=back)
        if lake.find("predictions", system.id, counted) is None:
            continue
        lake.write("labels", system.id, counted, merge_labels(said[counted]), day)
        list(ingest_scored_cases(lake, system, [counted], day))
        if day > system.reference.end:
            list(write_daily_statistics(lake, system, [counted], day))


def _figures(
    lake: Lake, book: Portfolio, system: System, day: date, offset: int
) -> Iterator[Figure]:
    closed = closed_days(book.hospital.calendar, day)
    yield from predictions_integrity(lake, system, day, day, closed)
    yield from labels_integrity(lake, system, day, day)
    if offset % SUITE_EVERY == 0:
        yield from label_delays(lake, system, day, day)
        cases = lake.read("predictions", system.id, day)
        outcomes = validate_predictions(system, cases).outcomes
        yield from quality_figures(outcomes, "predictions", system, day, day)
        arrived = lake.read("label_arrivals", system.id, day)
        outcomes = validate_labels(system, arrived).outcomes
        yield from quality_figures(outcomes, "labels", system, day, day)


def _in_utc(frame: pd.DataFrame, times: Sequence[str], book: Portfolio) -> pd.DataFrame:
    def utc(local: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
        zoned = local.dt.tz_localize(
            book.hospital.zone, ambiguous=True, nonexistent="shift_forward"
        )
        return zoned.dt.tz_convert("UTC")

    return frame.assign(**{name: utc(frame[name]) for name in times})


def main() -> None:
    """Simulate and print the table of docs/validation.md."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--volume", type=float, default=1.0)
    arguments.add_argument("--days", type=int, default=365)
    arguments.add_argument("--system", action="append")
    chosen = arguments.parse_args()
    book = load_portfolio(Path(__file__).resolve().parents[2] / "portfolio")
    judged, warned, breached = Counter[str](), Counter[str](), Counter[str]()
    for system in book.systems:
        if chosen.system and system.id not in chosen.system:
            continue
        for figures in nights(book, system, chosen.days, chosen.volume):
            for figure in figures:
                name = f"{figure.area}: {figure.metric} of {figure.asset}"
                judged[name] += figure.verdict is not Verdict.INSUFFICIENT_DATA
                warned[name] += figure.verdict is Verdict.WARN
                breached[name] += figure.verdict is Verdict.BREACH
                if figure.verdict in ALARMS:
                    print(f"<!-- {system.id} {figure.day} {figure.verdict}: {figure.reason} -->")
        print(f"<!-- {system.id} done: {chosen.days} nights -->", flush=True)
    print("\n| rule | figures judged | warnings | breaches |\n| --- | --- | --- | --- |")
    for name in sorted(judged):
        print(f"| {name} | {judged[name]:,} | {warned[name]} | {breached[name]} |")


if __name__ == "__main__":
    main()
