"""A day's mergeable statistics: scores by bin and stratum, features, labels; never a case.

One long table, `DAILY`: rows of kind "score" (histogram bins of a stratum), "confusion" (predicted
times true class), "sums" (of a continuous output), "pair" (pairs of subgroups), "feature" (bins of
one feature), "count" (cases by the state of their label) and "delay" (labels by how long they
took). A window is the concatenation of its days' tables; whoever reads a figure from it adds up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aiops_pipelines.evaluation.intersections import intersection_rows
from aiops_pipelines.evaluation.long_table import Rows, long_table
from aiops_pipelines.evaluation.profile import SCORE, ReferenceProfile, ensure_profile
from aiops_pipelines.lake import Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import System, Task
from aiops_pipelines.statistics import (
    FeatureBins,
    FeatureCounts,
    Histogram,
    RegressionSums,
    confusion_matrix,
)
from aiops_pipelines.statistics.arguments import BoolArray, FloatArray, IntArray
from aiops_pipelines.statistics.histogram import ARROW

TABLE = "daily_statistics"
ALL = "all"
_WORD = pa.dictionary(pa.int32(), pa.string())

DAILY = pa.schema(
    [
        pa.field("profile", _WORD, nullable=False),
        pa.field("kind", _WORD, nullable=False),
        pa.field("stratum", _WORD, nullable=False),
        pa.field("name", _WORD, nullable=False),
        pa.field("bin", pa.int32()),
        pa.field("n", pa.int64()),
        pa.field("value", pa.float64()),
        *(field.with_nullable(True) for field in ARROW if field.name != "bin"),
    ]
)

MISSING_BIN, OUTSIDE_BIN = -1, -2
"""Bins in which a feature's missing values, and those outside the reference, are counted."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a day's statistics hold, for people: cases, labels, positives, bins, the profile."""

    day: date
    cases: int
    labelled: int
    positive: int
    bins: int
    profile: str


def write_daily_statistics(
    lake: Lake, system: System, days: Sequence[date], as_of: date
) -> Iterator[Counted]:
    """Write `daily_statistics` of `days` from their scored cases."""
    profile = ensure_profile(lake, system)
    for day in days:
        cases = lake.read("scored_cases", system.id, day)
        table = daily_statistics(cases, system, profile)
        lake.write(TABLE, system.id, day, table, max(as_of, known_as_of(cases)))
        label = cases["label"].to_numpy()
        labelled = int(np.sum(~np.isnan(label)))
        positive = int(np.sum(label == 1)) if system.output.task is Task.BINARY else labelled
        yield Counted(day, len(label), labelled, positive, table.num_rows, profile.digest)


def daily_statistics(cases: pa.Table, system: System, profile: ReferenceProfile) -> pa.Table:
    """Return the statistics of one day's scored cases as a table with schema DAILY."""
    day = _Day.of(cases, system)
    blocks = [_counts(cases, day), _delays(cases, day, system)]
    blocks += _outputs(day, system, profile)
    blocks += [_feature(cases, bins, system) for bins in profile.features.values()]
    blocks += _intersections(day, system)
    return long_table([_of_profile(block, profile) for block in blocks], DAILY)


@dataclass(frozen=True, slots=True)
class _Day:
    """A day's cases as arrays (n,): scores, labels with NaN for none, flags, and strata by name.

    A stratification has its codes (n,) and what they stand for. `flagged` is by the operating point
    of the verification scheme, nobody where there is none.
    """

    score: FloatArray
    label: FloatArray
    flagged: BoolArray
    strata: Mapping[str, tuple[IntArray, list[str]]]

    @classmethod
    def of(cls, cases: pa.Table, system: System) -> "_Day":
        score, flagged = cases["score"].to_numpy(), np.zeros(cases.num_rows, bool)
        if system.truth.operating_point is not None:
            points = {point.name: point.threshold for point in system.output.operating_points}
            flagged = score >= points[system.truth.operating_point]
        strata = {name: _strata(cases[name]) for name in system.subgroups}
        return cls(score, cases["label"].to_numpy(), flagged, strata)

    @property
    def known(self) -> BoolArray:
        """Return which cases have a label."""
        return ~np.isnan(self.label)


def _of_profile(block: Rows, profile: ReferenceProfile) -> Rows:
    return Rows({"profile": profile.digest, **block.words}, block.numbers)


def _rows(kind: str, stratum: str, name: str | Sequence[str], **columns: NDArray[Any]) -> Rows:
    return Rows({"kind": kind, "stratum": stratum, "name": name}, columns)


def _categories(column: pa.ChunkedArray) -> tuple[IntArray, list[str]]:
    """Return each value's code, -1 where it is missing, and what the codes stand for."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), [str(value) for value in whole.dictionary.to_pylist()]


def _strata(column: pa.ChunkedArray) -> tuple[IntArray, list[str]]:
    """Return each case's stratum as a code, and what the codes stand for; missing is "unknown"."""
    codes, names = _categories(column)
    codes[codes < 0] = len(names)
    return codes, [*names, "unknown"]


def _counts(cases: pa.Table, day: _Day) -> Rows:
    codes, states = _categories(cases["label_state"])
    found = dict(zip(states, np.bincount(codes, minlength=len(states)).tolist(), strict=True))
    numbers = {
        "cases": len(day.score),
        "labelled": int(day.known.sum()),
        "flagged": int(day.flagged.sum()),
        "flagged labelled": int((day.flagged & day.known).sum()),
        **{state: found.get(state, 0) for state in ("pending", "censored", "overturned")},
    }
    return _rows("count", ALL, list(numbers), n=np.array(list(numbers.values()), np.int64))


def _delays(cases: pa.Table, day: _Day, system: System) -> Rows:
    """Count labels by the 24-hour period after the prediction, 1 upwards, in which they came.

    Of partly verified systems only the flagged cases' labels: all of those are expected.
    """
    first = cases["label_first_received_at"].to_numpy()
    expected = ~np.isnat(first)
    if system.truth.scheme == "partial":
        expected &= day.flagged
    waited = (first - cases["predicted_at"].to_numpy())[expected] / np.timedelta64(1, "D")
    periods = np.clip(np.ceil(waited), 1, None).astype(np.int32)
    used, numbers = np.unique(periods, return_counts=True)
    return _rows("delay", ALL, "label", bin=used, n=numbers)


def _outputs(day: _Day, system: System, profile: ReferenceProfile) -> Iterator[Rows]:
    codes = [np.zeros(len(day.score), np.int64), *(codes for codes, _ in day.strata.values())]
    strata = [[ALL]]
    strata += [[f"{name}={value}" for value in values] for name, (_, values) in day.strata.items()]
    if system.output.task is not Task.BINARY:
        for group, names in zip(codes, strata, strict=True):
            for code, stratum in enumerate(names):
                chosen = day.known & (group == code)
                yield _output_rows(day.score[chosen], day.label[chosen], system, stratum)
        return
    counted = Histogram.of_strata(
        day.score,
        day.label,
        [profile.fine, *[profile.coarse(system)] * len(day.strata)],
        codes,
        [len(names) for names in strata],
        day.known,
    )
    for names, histograms in zip(strata, counted, strict=True):
        for stratum, histogram in zip(names, histograms, strict=True):
            rows = histogram.rows()
            if len(rows["bin"]):
                yield _rows("score", stratum, SCORE, **rows)


def _intersections(day: _Day, system: System) -> list[Rows]:
    if system.output.task is not Task.BINARY:
        return []
    return intersection_rows(
        day.score,
        day.label,
        system.output.operating_points,
        {name: codes for name, (codes, _) in day.strata.items()},
        {name: values for name, (_, values) in day.strata.items()},
    )


def _output_rows(predicted: FloatArray, true: FloatArray, system: System, stratum: str) -> Rows:
    if system.output.task is Task.REGRESSION:
        sums = asdict(RegressionSums.from_cases(predicted, true))
        return _rows("sums", stratum, list(sums), value=np.array(list(sums.values()), np.float64))
    matrix = confusion_matrix(predicted, true, len(system.output.classes)).ravel()
    used = np.flatnonzero(matrix)
    return _rows("confusion", stratum, SCORE, bin=used, n=matrix[used])


def _feature(cases: pa.Table, bins: FeatureBins, system: System) -> Rows:
    column = cases[bins.name]
    if bins.kind == "numeric":
        counted = FeatureCounts.from_values(bins, column.to_numpy())
    elif bins.name == SCORE:
        classes = system.output.classes
        numbers = np.bincount(column.to_numpy().astype(np.int64), minlength=len(classes))
        counted = FeatureCounts.from_category_counts(bins, classes, numbers.tolist())
    else:
        codes, names = _categories(column)
        numbers = np.bincount(codes + 1, minlength=len(names) + 1)
        counted = FeatureCounts.from_category_counts(bins, [None, *names], numbers.tolist())
    used = np.flatnonzero(counted.counts)
    position = np.concatenate([used, [MISSING_BIN, OUTSIDE_BIN]])
    numbers = np.concatenate([counted.counts[used], [counted.missing, counted.outside]])
    return _rows("feature", ALL, bins.name, bin=position, n=numbers)
