"""Which past days late labels touch."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds import label_arrivals
from aiops_pipelines.ingestion.ingest import known_cases, land_labels
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.ingestion.labels import arrivals_of_cases, merge_labels
from aiops_pipelines.ingestion.landing import landed_whole
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import System


def days_with_new_labels(intake: Intake, system: System, as_of: date) -> Mapping[date, int]:
    """Return the days whose cases have labels, received by `as_of`, that their counts lack.

    Each day comes with the number of label rows it will hold, which grows with every new label:
    two requests for the same day are the same request only if the number is.

    Lands what has arrived and has not landed, and lands again the days whose drops have changed.
    A day gathered as of a later day than an arrival has those labels, unless they landed just now;
    else the rows themselves are compared.
    """
    fresh: dict[date, list[pa.Table]] = defaultdict(list)
    cases = known_cases(intake.lake, system, as_of)
    for arrival in label_arrivals(system, intake.feeds, intake.zone):
        if arrival > as_of:
            continue
        again = arrival == as_of or not landed_whole(intake, system, arrival)
        landed = land_labels(intake, system, arrival, cases, again=again)
        for case_day in pc.unique(landed["case_day"].drop_null()).to_pylist():
            labels = intake.lake.find("labels", system.id, case_day)
            if labels is not None and (again or known_as_of(labels) <= arrival):
                fresh[case_day].append(arrivals_of_cases(landed, case_day))
    touched: dict[date, int] = {}
    for case_day, arrived in sorted(fresh.items()):
        held = intake.lake.read("labels", system.id, case_day)
        rows = merge_labels(held, pa.concat_tables(arrived)).num_rows
        if rows > held.num_rows:
            touched[case_day] = rows
    return touched


def spans(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Return the runs of consecutive days, each by its first and last."""
    ordered = sorted(days)
    start = previous = None
    for day in ordered:
        if previous is not None and start is not None and day - previous > timedelta(days=1):
            yield start, previous
            start = day
        start = start or day
        previous = day
    if start is not None and previous is not None:
        yield start, previous
