"""Joins predictions and labels: which label counts for a case, and how sure that is.

A day's cases are that day's predictions. Labels arrive over weeks; `route_labels` brings each to
its case's day, `scored_cases` gives each case its newest label and its state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from aiops_pipelines.portfolio import System
from aiops_pipelines.schema import LABELS, scored_cases_schema


@dataclass(frozen=True, slots=True)
class RoutedLabels:
    """Labels by the day of their case, and the positions of those whose case nobody knows."""

    by_day: dict[date, pa.Table]
    unknown: np.ndarray


def route_labels(labels: pa.Table, cases: Iterable[tuple[date, pa.Table]]) -> RoutedLabels:
    """Return each label under the day of its case.

    `cases` are the known days with tables that hold at least `case_id`. A day without labels has
    no entry. `unknown` are row positions in `labels`.
    """
    known = [(day, table.column("case_id").to_pandas()) for day, table in cases]
    wanted = labels.column("case_id").to_pandas()
    days = pd.Series(
        np.repeat(np.arange(len(known)), [len(ids) for _, ids in known]),
        index=pd.concat([ids for _, ids in known]) if known else pd.Index([], dtype="str"),
    )
    days = days[~days.index.duplicated(keep="last")]
    position = days.reindex(wanted).to_numpy(dtype=np.float64, na_value=np.nan)
    by_day = {
        known[int(index)][0]: labels.filter(pa.array(position == index))
        for index in np.unique(position[~np.isnan(position)])
    }
    return RoutedLabels(by_day, np.flatnonzero(np.isnan(position)))


def merge_labels(known: pa.Table | None, arrived: pa.Table | None) -> pa.Table:
    """Return all revisions once, in the order case, revision, receipt: the same for any order."""
    tables = [table.cast(LABELS) for table in (known, arrived) if table is not None]
    if not tables:
        return LABELS.empty_table()
    frame = pa.concat_tables(tables).to_pandas().drop_duplicates()
    frame = frame.sort_values(
        ["case_id", "revision", "received_at", "value"], kind="stable", ignore_index=True
    )
    return pa.Table.from_pandas(frame, schema=LABELS, preserve_index=False)


def current_labels(labels: pa.Table) -> pd.DataFrame:
    """Return the label that counts for each case: the last revision, the last received among equals.

    Indexed by case_id; `overturned` tells that an earlier revision said something else.
    """
    frame = labels.to_pandas().sort_values(
        ["case_id", "revision", "received_at", "value"], kind="stable"
    )
    grouped = frame.groupby("case_id", sort=True)
    current = grouped.last()
    current["overturned"] = grouped["value"].nunique() > 1
    return current


def scored_cases(predictions: pa.Table, labels: pa.Table, system: System, age: int) -> pa.Table:
    """Return one row a prediction with its label, if any, and the label's state.

    `age` is the number of days since the cases' day. States: `mature` (a label counts),
    `overturned` (it does, and contradicts an earlier one), `pending` (none yet), `censored`
    (none, and none is expected any more because the maturity period is over).
    """
    frame = predictions.to_pandas()
    found = current_labels(labels).reindex(frame["case_id"]).reset_index(drop=True)
    waiting = "censored" if age >= system.truth.mature_after_days else "pending"
    labelled = found["value"].notna()
    frame["label"] = found["value"]
    frame["decided_at"] = found["decided_at"]
    frame["label_received_at"] = found["received_at"]
    frame["source"] = found["source"]
    frame["revision"] = found["revision"].astype("Int32")
    overturned = found["overturned"].eq(True)
    frame["label_state"] = np.select(
        [labelled & overturned, labelled], ["overturned", "mature"], default=waiting
    )
    return pa.Table.from_pandas(frame, schema=scored_cases_schema(system), preserve_index=False)
