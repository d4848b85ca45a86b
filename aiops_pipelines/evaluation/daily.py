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
import pandas as pd
import pyarrow as pa

from aiops_pipelines.evaluation.intersections import intersection_rows
from aiops_pipelines.evaluation.profile import SCORE, ReferenceProfile, ensure_profile
from aiops_pipelines.lake import Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import System, Task
from aiops_pipelines.statistics import (
    FeatureCounts,
    Histogram,
    RegressionSums,
    confusion_matrix,
)
from aiops_pipelines.statistics.arguments import FloatArray, IntArray
from aiops_pipelines.statistics.histogram import ARROW

TABLE = "daily_statistics"
ALL = "all"
_WORD = pa.dictionary(pa.int32(), pa.string())
_Strata = Mapping[str, tuple[IntArray, list[str]]]

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

_NEEDED = ("predicted_at", "score", "label", "label_state", "label_first_received_at")

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
    wanted = {*_NEEDED, *system.subgroups, *profile.features}
    frame = cases.select([name for name in cases.column_names if name in wanted]).to_pandas()
    strata = {name: _strata(frame, name) for name in system.subgroups}
    parts = [_counts(frame, system), _delays(frame, system)]
    parts += _outputs(frame, system, profile, strata)
    parts += [_feature(frame, profile, name, system) for name in profile.features]
    parts += _intersections(frame, system, strata)
    table = pa.concat_tables(parts, promote_options="default")
    digest = pa.repeat(profile.digest, table.num_rows)
    return _in_schema(table.append_column("profile", digest))


def _in_schema(table: pa.Table) -> pa.Table:
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in DAILY
    ]
    return pa.table(columns, schema=DAILY)


def _rows(kind: str, stratum: str, name: str, **columns: Any) -> pa.Table:
    length = len(next(iter(columns.values())))
    words = {"kind": kind, "stratum": stratum, "name": name}
    return pa.table({**{k: pa.repeat(v, length) for k, v in words.items()}, **columns})


def _named(kind: str, stratum: str, names: list[str], **columns: Any) -> pa.Table:
    words = {"kind": pa.repeat(kind, len(names)), "stratum": pa.repeat(stratum, len(names))}
    return pa.table({**words, "name": pa.array(names), **columns})


def _counts(frame: pd.DataFrame, system: System) -> pa.Table:
    labelled = frame["label"].notna()
    states = frame["label_state"].value_counts()
    flagged = _flagged(frame, system)
    numbers = {
        "cases": len(frame),
        "labelled": int(labelled.sum()),
        "flagged": int(flagged.sum()),
        "flagged labelled": int((flagged & labelled).sum()),
        **{state: int(states.get(state, 0)) for state in ("pending", "censored", "overturned")},
    }
    return _named("count", ALL, list(numbers), n=pa.array(numbers.values(), pa.int64()))


def _flagged(frame: pd.DataFrame, system: System) -> "pd.Series[bool]":
    """Tell which cases are flagged at the operating point of the verification scheme, if any."""
    if system.truth.operating_point is None:
        return pd.Series(False, index=frame.index)
    points = {point.name: point.threshold for point in system.output.operating_points}
    return frame["score"] >= points[system.truth.operating_point]


def _delays(frame: pd.DataFrame, system: System) -> pa.Table:
    """Count labels by the 24-hour period after the prediction, 1 upwards, in which they came.

    Of partly verified systems only the flagged cases' labels: all of those are expected.
    """
    first = frame["label_first_received_at"]
    expected = first.notna()
    if system.truth.scheme == "partial":
        expected &= _flagged(frame, system)
    waited = (first - frame["predicted_at"])[expected].dt.total_seconds().to_numpy(np.float64)
    periods = np.clip(np.ceil(waited / 86_400), 1, None).astype(np.int32)
    used, numbers = np.unique(periods, return_counts=True)
    return _rows("delay", ALL, "label", bin=used, n=numbers.astype(np.int64))


def _outputs(
    frame: pd.DataFrame, system: System, profile: ReferenceProfile, strata: _Strata
) -> Iterator[pa.Table]:
    score, label = frame["score"].to_numpy(), frame["label"].to_numpy()
    known = ~np.isnan(label)
    whole = np.zeros(len(frame), np.int64)
    if system.output.task is not Task.BINARY:
        for codes, names in ((whole, [ALL]), *strata.values()):
            for code, stratum in enumerate(names):
                chosen = known & (codes == code)
                yield _output_rows(score[chosen], label[chosen], system, stratum)
        return
    truth = np.where(known, label, 0)
    fine = Histogram.from_cases(score, truth, profile.fine, known)
    coarse = Histogram.of_strata(
        score,
        truth,
        [profile.coarse(system)] * len(strata),
        [codes for codes, _ in strata.values()],
        [len(names) for _, names in strata.values()],
        known,
    )
    named = [[ALL], *(names for _, names in strata.values())]
    for names, histograms in zip(named, [[fine], *coarse], strict=True):
        for stratum, histogram in zip(names, histograms, strict=True):
            bins = histogram.to_arrow()
            if bins.num_rows:
                yield _rows("score", stratum, SCORE, **{n: bins[n] for n in bins.column_names})


def _intersections(frame: pd.DataFrame, system: System, strata: _Strata) -> list[pa.Table]:
    if system.output.task is not Task.BINARY:
        return []
    rows = intersection_rows(
        frame["score"].to_numpy(),
        frame["label"].to_numpy(),
        system.output.operating_points,
        {name: codes for name, (codes, _) in strata.items()},
        {
            name: [stratum.partition("=")[2] for stratum in found]
            for name, (_, found) in strata.items()
        },
    )
    return [] if rows is None else [rows]


def _output_rows(predicted: FloatArray, true: FloatArray, system: System, stratum: str) -> pa.Table:
    if system.output.task is Task.REGRESSION:
        sums = asdict(RegressionSums.from_cases(predicted, true))
        return _named("sums", stratum, list(sums), value=pa.array(sums.values(), pa.float64()))
    matrix = confusion_matrix(predicted, true, len(system.output.classes)).ravel()
    used = np.flatnonzero(matrix)
    return _rows("confusion", stratum, SCORE, bin=used.astype(np.int32), n=matrix[used])


def _strata(frame: pd.DataFrame, name: str) -> tuple[IntArray, list[str]]:
    """Return each case's stratum as a code, and the strata's names; missing is "unknown"."""
    column = frame[name].astype("category").cat
    values = [*map(str, column.categories), "unknown"]
    codes = column.codes.to_numpy().astype(np.int64)
    codes[codes < 0] = len(values) - 1
    return codes, [f"{name}={value}" for value in values]


def _feature(frame: pd.DataFrame, profile: ReferenceProfile, name: str, system: System) -> pa.Table:
    bins = profile.features[name]
    if bins.kind == "numeric":
        counted = FeatureCounts.from_values(bins, frame[name].to_numpy())
    elif name == SCORE:
        classes = system.output.classes
        numbers = np.bincount(frame[SCORE].to_numpy().astype(np.int64), minlength=len(classes))
        counted = FeatureCounts.from_category_counts(bins, classes, numbers.tolist())
    else:
        column = frame[name].astype("category").cat
        numbers = np.bincount(column.codes.to_numpy() + 1, minlength=len(column.categories) + 1)
        names = [None, *map(str, column.categories)]
        counted = FeatureCounts.from_category_counts(bins, names, numbers.tolist())
    used = np.flatnonzero(counted.counts)
    position = np.concatenate([used, [MISSING_BIN, OUTSIDE_BIN]]).astype(np.int32)
    numbers = np.concatenate([counted.counts[used], [counted.missing, counted.outside]])
    return _rows("feature", ALL, name, bin=position, n=numbers.astype(np.int64))
