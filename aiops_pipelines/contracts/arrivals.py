"""A rate's counts as they were known on a night, from the record of which labels came when.

Knows scored cases and `label_arrivals`; hands on each case day's counts as of the end of any night.
A case counts with the newest label known by then.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aiops_pipelines.evaluation.measures import BAD_EVENTS
from aiops_pipelines.evaluation.window import matured
from aiops_pipelines.ingestion.labels import current_labels
from aiops_pipelines.lake import Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import Adjudication, Clause, System
from aiops_pipelines.schema import LABEL_ARRIVALS, LABELS
from aiops_pipelines.statistics.arguments import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class DayCounts:
    """A case day's verified cases: bad events and the others of the rate, labelled, positive.

    Under partial verification also the AI-negatives, and how many of them were audited.
    """

    events: int = 0
    others: int = 0
    labelled: int = 0
    positives: int = 0
    unflagged: int = 0
    audited: int = 0

    def __add__(self, other: "DayCounts") -> "DayCounts":
        return DayCounts(
            self.events + other.events,
            self.others + other.others,
            self.labelled + other.labelled,
            self.positives + other.positives,
            self.unflagged + other.unflagged,
            self.audited + other.audited,
        )


@dataclass(frozen=True, slots=True)
class CaseDay:
    """One day's cases, and every label of theirs in order of case and revision.

    `labels` are their rows (schema LABELS); `position` is each row's case, `night` its arrival.
    """

    cases: pd.DataFrame
    labels: pd.DataFrame
    position: IntArray
    value: FloatArray
    night: NDArray[np.datetime64]
    rule: Adjudication | None

    def labels_on(self, night: date) -> FloatArray:
        """Return each case's label as known at the end of `night`, NaN without one."""
        known = self.night <= np.datetime64(night, "D")
        labels = np.full(len(self.cases), np.nan)
        if self.rule is not None and known.any():
            said = pa.Table.from_pandas(self.labels[known], schema=LABELS, preserve_index=False)
            settled = current_labels(said, self.rule)["value"]
            return settled.reindex(self.cases["case_id"]).to_numpy(dtype=np.float64)
        # The last of several assignments to a place is the one that stays.
        labels[self.position[known]] = self.value[known]
        return labels


class ArrivalRecord:
    """The case days of a clause from `first` on, as known on the nights up to `last`."""

    def __init__(self, lake: Lake, system: System, clause: Clause, first: date, last: date) -> None:
        self._lake, self._system, self._clause = lake, system, clause
        self._first, self._last = first, last
        self._held: dict[date, CaseDay | None] = {}

    def changed(
        self, night: date, counted: Mapping[date, DayCounts], since: date | None
    ) -> dict[date, DayCounts]:
        """Return the counts of the days that are new or different on `night`, by day.

        A day is new once it is mature. `since` is the last night counted: days restated after it
        are looked at again, whenever their labels say they came.
        """
        touched = self._restated(counted, since) if night == self._last else set()
        touched |= {day for day in self._case_days_of(night) if day in counted}
        found: dict[date, DayCounts] = {}
        newest = night - timedelta(days=self._system.truth.mature_after_days)
        for day in _days(self._first, newest):
            if day in counted and day not in touched:
                continue
            counts = self._counts(day, night, known=day in counted)
            if counts is not None and counts != counted.get(day):
                found[day] = counts
        return found

    def baseline(self, start: date, end: date, night: date) -> DayCounts:
        """Return the sum of the mature days of a period, as known on `night`."""
        total = DayCounts()
        for day in _days(start, end):
            total += self._counts(day, night, known=False) or DayCounts()
        return total

    def _counts(self, day: date, night: date, *, known: bool) -> DayCounts | None:
        held = self._case_day(day)
        if held is None:
            return None
        labels = held.labels_on(night)
        if not known and not self._mature(held, labels, (night - day).days):
            return None
        return self._counted(held, labels)

    def _counted(self, held: CaseDay, labels: FloatArray) -> DayCounts:
        clause, score = self._clause, held.cases["score"].to_numpy()
        inside = np.ones(len(labels), np.bool_)
        if clause.stratum is not None:
            subgroup, value = clause.stratum.split("=", 1)
            inside = (held.cases[subgroup].astype(str) == value).to_numpy()
        chosen = inside & ~np.isnan(labels)
        if clause.metric not in BAD_EVENTS:
            wrong = int(np.sum(chosen & (score != labels)))
            labelled = int(chosen.sum())
            return DayCounts(wrong, labelled - wrong, labelled, 0)
        flagged = score >= self._threshold(clause.operating_point)
        event, other = (
            int(np.sum(chosen & _cell(cell, flagged, labels))) for cell in BAD_EVENTS[clause.metric]
        )
        positives = int(np.sum(chosen & (labels == 1)))
        return DayCounts(
            event, other, int(chosen.sum()), positives, *self._audit(score, inside, chosen)
        )

    def _audit(self, score: FloatArray, inside: BoolArray, chosen: BoolArray) -> tuple[int, int]:
        """Return the AI-negatives of the truth's operating point, and those of them verified."""
        rule = self._system.truth
        if rule.scheme != "partial":
            return 0, 0
        unflagged = score < self._threshold(rule.operating_point)
        return int(np.sum(inside & unflagged)), int(np.sum(chosen & unflagged))

    def _mature(self, held: CaseDay, labels: FloatArray, age: int) -> bool:
        rule, labelled = self._system.truth, ~np.isnan(labels)
        flagged = np.zeros(len(labels), np.bool_)
        if rule.operating_point is not None:
            flagged = held.cases["score"].to_numpy() >= self._threshold(rule.operating_point)
        counts = (labelled.sum(), flagged.sum(), np.sum(flagged & labelled))
        return matured(rule, age, len(labels), *(int(count) for count in counts))

    def _threshold(self, name: str | None) -> float:
        points = self._system.output.operating_points
        return next(point.threshold for point in points if point.name == name)

    def _restated(self, counted: Mapping[date, DayCounts], since: date | None) -> set[date]:
        if since is None:
            return set()
        restated = set()
        for day in counted:
            statistics = self._lake.find("daily_statistics", self._system.id, day)
            if statistics is not None and known_as_of(statistics) > since:
                restated.add(day)
        return restated

    def _case_days_of(self, night: date) -> set[date]:
        arrived = self._lake.find("label_arrivals", self._system.id, night)
        return set() if arrived is None else set(pc.unique(arrived["case_day"]).to_pylist())

    def _case_day(self, day: date) -> CaseDay | None:
        if day not in self._held:
            self._held[day] = self._read(day)
        return self._held[day]

    def _read(self, day: date) -> CaseDay | None:
        table = self._lake.find("scored_cases", self._system.id, day)
        if table is None:
            return None
        columns = ["case_id", "score", *self._system.subgroups]
        cases = table.select(columns).to_pandas()
        labels = self._labels_of(day)
        position = pd.Index(cases["case_id"]).get_indexer(labels["case_id"])
        labels = labels.assign(position=position)
        labels = labels[labels["position"] >= 0].sort_values(
            ["position", "revision", "received_at", "value"], kind="stable"
        )
        return CaseDay(
            cases,
            labels,
            labels["position"].to_numpy(dtype=np.int64),
            labels["value"].to_numpy(dtype=np.float64),
            labels["night"].to_numpy(dtype="datetime64[D]"),
            self._system.truth.adjudication,
        )

    def _labels_of(self, day: date) -> pd.DataFrame:
        wanted = pa.scalar(day, pa.date32())
        rows = self._arrivals.filter(pc.equal(self._arrivals["case_day"], wanted))
        labels: pd.DataFrame = rows.to_pandas()
        return labels

    @cached_property
    def _arrivals(self) -> pa.Table:
        start = min(self._first, self._system.reference.start)
        nights = self._lake.read_days("label_arrivals", self._system.id, start, self._last)
        dated = [
            table.append_column("night", pa.repeat(pa.scalar(night, pa.date32()), table.num_rows))
            for night, table in nights
        ]
        return pa.concat_tables(dated) if dated else _NO_LABELS


_NO_LABELS = LABEL_ARRIVALS.append(pa.field("night", pa.date32())).empty_table()


def _cell(name: str, flagged: BoolArray, labels: FloatArray) -> BoolArray:
    """Return which cases are in a cell named as `FlagCounts` names it, "unflagged_positive"."""
    side, truth = name.split("_")
    sided = flagged if side == "flagged" else ~flagged
    result: BoolArray = sided & (labels == (truth == "positive"))
    return result


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
