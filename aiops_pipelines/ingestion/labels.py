"""Joins predictions and labels: which label counts for a case, and how sure that is.

A day's cases are that day's predictions. Labels arrive over weeks; `CaseDays` finds each one's
case, `scored_cases` gives each case its newest label and its state.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.ingestion.adjudication import settle, words_of
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Adjudication, System
from aiops_pipelines.schema import LABELS, scored_cases_schema


class CaseDays:
    """Finds the day of a case, looking back from the newest of `days` only as far as it must.

    A case that several days have is of the last of them.
    """

    def __init__(self, lake: Lake, system: System, days: Iterable[date]) -> None:
        self._lake, self._system = lake, system
        self._ahead = iter(sorted(days, reverse=True))
        self._known: list[tuple[date, pa.ChunkedArray]] = []

    def days_of(self, cases: pa.ChunkedArray) -> pa.Array:
        """Return the day of each case, null where no known case has that id."""
        found = np.full(len(cases), np.datetime64("NaT"), "datetime64[D]")
        sought = np.arange(len(cases))
        for day, known in self._newest_first() if len(cases) else ():
            here = pc.is_in(cases, value_set=known).to_numpy()
            found[sought[here]] = day
            if here.all():
                break
            sought, cases = sought[~here], cases.filter(pa.array(~here))
        return pa.array(found)

    def added_to(self, labels: pa.Table) -> pa.Table:
        """Return `labels` with the column `case_day`, null where no known case has that id."""
        return labels.append_column("case_day", self.days_of(labels["case_id"]))

    def _newest_first(self) -> Iterator[tuple[date, pa.ChunkedArray]]:
        yield from self._known
        for day in self._ahead:
            table = self._lake.find("predictions", self._system.id, day)
            if table is not None:
                self._known.append((day, table["case_id"]))
                yield self._known[-1]


def arrivals_of_cases(arrivals: pa.Table, day: date) -> pa.Table:
    """Return the labels among `arrivals` whose case is of `day`."""
    of_day = arrivals.filter(pc.equal(arrivals["case_day"], pa.scalar(day, pa.date32())))
    return of_day.select(LABELS.names)


def merge_labels(arrived: Iterable[pa.Table]) -> pa.Table:
    """Return all revisions once, in the order case, revision, receipt: the same for any order."""
    tables = [LABELS.empty_table(), *(table.cast(LABELS) for table in arrived)]
    frame = pa.concat_tables(tables).to_pandas()
    frame = frame.drop_duplicates().sort_values(
        ["case_id", "revision", "received_at", "value"], kind="stable", ignore_index=True
    )
    return pa.Table.from_pandas(frame, schema=LABELS, preserve_index=False)


def current_labels(labels: pa.Table, rule: Adjudication | None = None) -> pd.DataFrame:
    """Return the label that counts for each case, by the rule or else the last revision.

    Indexed by case_id. `overturned` tells that what counted before said something else;
    `first_received_at` is when a label first counted.
    """
    if rule is not None:
        return _adjudicated(labels, rule)
    frame = labels.to_pandas().sort_values(
        ["case_id", "revision", "received_at", "value"], kind="stable"
    )
    current: pd.DataFrame = frame.drop_duplicates("case_id", keep="last").set_index("case_id")
    cases = frame.groupby("case_id")
    current["overturned"] = (cases["value"].nunique() > 1).reindex(current.index)
    current["first_received_at"] = cases["received_at"].min().reindex(current.index)
    return current


def _adjudicated(labels: pa.Table, rule: Adjudication) -> pd.DataFrame:
    words: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in labels.to_pylist():
        words[row["case_id"]].append(row)
    found = {case: settle(words_of(rows), rule) for case, rows in words.items()}
    rows = [
        {
            "case_id": case,
            "value": settled.value,
            "decided_at": settled.by.decided_at,
            "received_at": settled.by.received_at,
            "source": settled.by.source,
            "revision": settled.by.revision,
            "overturned": settled.overturned,
            "first_received_at": settled.first_received_at,
        }
        for case, settled in found.items()
        if settled is not None
    ]
    columns = ["value", "decided_at", "received_at", "source", "revision", "overturned"]
    frame = pd.DataFrame(rows, columns=["case_id", *columns, "first_received_at"])
    times = ["decided_at", "received_at", "first_received_at"]
    frame[times] = frame[times].apply(pd.to_datetime, utc=True)
    return frame.set_index("case_id")


def scored_cases(predictions: pa.Table, labels: pa.Table, system: System, age: int) -> pa.Table:
    """Return one row a prediction with its label, if any, and the label's state.

    `age` is the number of days since the cases' day. States: `mature` (a label counts),
    `overturned` (it does, and contradicts an earlier one), `pending` (none yet), `censored`
    (none, and none is expected any more because the maturity period is over).
    """
    frame = predictions.to_pandas()
    current = current_labels(labels, system.truth.adjudication)
    found = current.reindex(frame["case_id"]).reset_index(drop=True)
    waiting = "censored" if age >= system.truth.mature_after_days else "pending"
    labelled = found["value"].notna()
    frame["label"] = found["value"]
    frame["decided_at"] = found["decided_at"]
    frame["label_received_at"] = found["received_at"]
    frame["label_first_received_at"] = found["first_received_at"]
    frame["source"] = found["source"]
    frame["revision"] = found["revision"].astype("Int32")
    overturned = found["overturned"].eq(True)
    frame["label_state"] = np.select(
        [labelled & overturned, labelled], ["overturned", "mature"], default=waiting
    )
    return pa.Table.from_pandas(frame, schema=scored_cases_schema(system), preserve_index=False)
