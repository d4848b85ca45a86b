"""Windows: the sum of some days' statistics, and which days may be summed.

`History` holds a system's daily statistics up to a day, knows which of its days are mature, and
gives the days of a window; `Window` adds them up and answers with histograms, sums and counts.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.errors import LakeError
from aiops_pipelines.evaluation.daily import (
    ALL,
    DAILY,
    MISSING_BIN,
    OUTSIDE_BIN,
    TABLE,
)
from aiops_pipelines.evaluation.intersections import KIND, intersection_counts
from aiops_pipelines.evaluation.profile import ReferenceProfile, ensure_profile
from aiops_pipelines.lake import Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import System, Task
from aiops_pipelines.portfolio.entry import LabelRule
from aiops_pipelines.statistics import FeatureCounts, Histogram, RegressionSums, SubgroupCounts
from aiops_pipelines.statistics.arguments import IntArray


@dataclass(frozen=True)
class Window:
    """The summed statistics of `days`, in order."""

    system: System
    profile: ReferenceProfile
    days: tuple[date, ...]
    table: pa.Table

    def histogram(self, stratum: str = ALL) -> Histogram:
        """Return the stratum's histogram of scores (binary outputs)."""
        if stratum not in self._histograms:
            edges = self.profile.fine if stratum == ALL else self.profile.coarse(self.system)
            rows = self._of("score")
            chosen = rows.filter(pc.equal(rows["stratum"], stratum))
            self._histograms[stratum] = Histogram.from_arrow(chosen, edges)
        return self._histograms[stratum]

    @cached_property
    def _histograms(self) -> dict[str, Histogram]:
        return {}

    def regression(self, stratum: str = ALL) -> RegressionSums:
        """Return the stratum's sums (continuous outputs)."""
        if stratum not in self._regressions:
            self._regressions[stratum] = self._summed(stratum)
        return self._regressions[stratum]

    @cached_property
    def _regressions(self) -> dict[str, RegressionSums]:
        return {}

    def _summed(self, stratum: str) -> RegressionSums:
        rows = self._of("sums")
        rows = rows.filter(pc.equal(rows["stratum"], stratum))
        total: dict[str, float] = {}
        for name, value in zip(rows["name"].to_pylist(), rows["value"].to_pylist(), strict=True):
            total[name] = total.get(name, 0.0) + value
        return RegressionSums(**{**total, "n": round(total.get("n", 0.0))})  # type: ignore[arg-type]

    def confusion(self, stratum: str = ALL) -> IntArray:
        """Return the stratum's counts (predicted, true) of outputs that are classes."""
        if stratum not in self._confusions:
            self._confusions[stratum] = self._counted_confusion(stratum)
        return self._confusions[stratum]

    @cached_property
    def _confusions(self) -> dict[str, IntArray]:
        return {}

    def _counted_confusion(self, stratum: str) -> IntArray:
        rows = self._of("confusion")
        rows = rows.filter(pc.equal(rows["stratum"], stratum))
        classes = len(self.system.output.classes)
        flat = np.zeros(classes**2, np.int64)
        np.add.at(flat, rows["bin"].to_numpy(), rows["n"].to_numpy())
        return flat.reshape(classes, classes)

    def feature(self, name: str) -> FeatureCounts:
        """Return the counts of one feature, or of the score under its own name."""
        if name not in self._features:
            self._features[name] = self._summed_feature(name)
        return self._features[name]

    @cached_property
    def _features(self) -> dict[str, FeatureCounts]:
        return {}

    def _summed_feature(self, name: str) -> FeatureCounts:
        rows = self._of("feature")
        rows = rows.filter(pc.equal(rows["name"], name))
        bins = self.profile.features[name]
        position, numbers = rows["bin"].to_numpy(), rows["n"].to_numpy()
        counts = np.zeros(bins.bins, np.int64)
        np.add.at(counts, position[position >= 0], numbers[position >= 0])
        missing = int(numbers[position == MISSING_BIN].sum())
        return FeatureCounts(bins, counts, missing, int(numbers[position == OUTSIDE_BIN].sum()))

    def strata(self, subgroup: str) -> list[str]:
        """Return the strata of a subgroup that occur in the window, in order."""
        return sorted(each for each in self._strata if each.startswith(f"{subgroup}="))

    @cached_property
    def _strata(self) -> frozenset[str]:
        kinds = self._of("score", "confusion", "sums")
        return frozenset(pc.unique(kinds["stratum"]).to_pylist())

    def subgroup_counts(self, operating_point: str) -> list[SubgroupCounts]:
        """Return the counts of all cases, each subgroup and each pair of them (binary outputs)."""
        points = {point.name: point.threshold for point in self.system.output.operating_points}
        strata = [ALL, *(each for name in self.system.subgroups for each in self.strata(name))]
        single = [
            _counts_of(each, self.histogram(each), points[operating_point]) for each in strata
        ]
        return single + intersection_counts(self._of(KIND), operating_point)

    def count(self, name: str) -> int:
        """Return a count of cases: cases, labelled, pending, censored, overturned."""
        return self._counts[name]

    @cached_property
    def _counts(self) -> Counter[str]:
        rows = self._of("count")
        counts: Counter[str] = Counter()
        for name, number in zip(rows["name"].to_pylist(), rows["n"].to_pylist(), strict=True):
            counts[name] += number
        return counts

    def labelled(self, stratum: str = ALL) -> int:
        """Return the number of the stratum's labelled cases."""
        task = self.system.output.task
        if task is Task.BINARY:
            return self.histogram(stratum).n
        if task is Task.REGRESSION:
            return self.regression(stratum).n
        return int(self.confusion(stratum).sum())

    def positives(self, stratum: str = ALL) -> int | None:
        """Return the number of the stratum's labelled positives; None where an output has none."""
        if self.system.output.task is not Task.BINARY:
            return None
        return self.histogram(stratum).n_positive

    @property
    def awaited(self) -> int:
        """Return how many of the labels that the scheme promises have not come.

        "complete": every case's. "partial": every flagged case's and the audited share of the
        others'. "sample": the sampled share of all cases'.
        """
        rule = self.system.truth
        cases, labelled = self.count("cases"), self.count("labelled")
        share = rule.audit_fraction or 1.0
        if rule.scheme != "partial":
            return max(round(share * cases) - labelled, 0)
        flagged, read = self.count("flagged"), self.count("flagged labelled")
        audited = max(round(share * (cases - flagged)) - (labelled - read), 0)
        return max(flagged - read, 0) + audited

    def joined(self, other: "Window") -> "Window":
        """Return the window of these days and then `other`'s: outcomes added, not read again."""
        table = pa.concat_tables([self.table, other.table])
        both = Window(self.system, self.profile, (*self.days, *other.days), table)
        task = self.system.output.task
        if task is Task.BINARY:
            both._histograms[ALL] = self.histogram() + other.histogram()
        elif task is Task.REGRESSION:
            both._regressions[ALL] = self.regression() + other.regression()
        else:
            both._confusions[ALL] = self.confusion() + other.confusion()
        return both

    def _of(self, *kinds: str) -> pa.Table:
        for kind in kinds:
            if kind not in self._kinds:
                self._kinds[kind] = self.table.filter(pc.equal(self.table["kind"], kind))
        parts = [self._kinds[kind] for kind in kinds]
        return parts[0] if len(parts) == 1 else pa.concat_tables(parts)

    @cached_property
    def _kinds(self) -> dict[str, pa.Table]:
        return {}


def _counts_of(stratum: str, histogram: Histogram, threshold: float) -> SubgroupCounts:
    counts = histogram.flag_counts(threshold)
    flagged = counts.flagged_positive + counts.flagged_negative + counts.flagged_unlabelled
    return SubgroupCounts(
        stratum,
        n=histogram.n + histogram.n_unlabelled,
        flagged=flagged,
        tp=counts.flagged_positive,
        fp=counts.flagged_negative,
        fn=counts.unflagged_positive,
        tn=counts.unflagged_negative,
        expected=float(histogram.score_sum.sum()),
    )


def _tables(lake: Lake, system: System, day: date) -> dict[date, pa.Table]:
    return dict(lake.read_days(TABLE, system.id, min(system.reference.start, day), day))


def history(lake: Lake, system: System, day: date, as_of: date) -> "History":
    """Return the system's history up to `day`; the same object while its tables are the same.

    A night's five areas read the same history, so the last one of each system is kept; the next
    night's takes over what it knows of days that have not changed.
    """
    held = _LAST.get(system.id)
    if held is not None and held.system != system:
        held = None
    if held is not None and held.day == day and held.rests_on(_tables(lake, system, day), as_of):
        return held
    _LAST[system.id] = History(lake, system, day, as_of)
    if held is not None:
        _LAST[system.id].take_over(held)
    return _LAST[system.id]


_LAST: dict[str, "History"] = {}


class History:
    """A system's daily statistics up to and including `day`, and which days are mature.

    Maturity is judged as of the later of `as_of` and what the statistics are known as of.
    """

    def __init__(self, lake: Lake, system: System, day: date, as_of: date) -> None:
        self.system = system
        self.day = day
        self.profile = ensure_profile(lake, system)
        self._tables = _tables(lake, system, day)
        self.lake = lake
        self._digests: dict[date, str] = {}
        self._asked = as_of
        self._windows: dict[tuple[date, ...], Window] = {}
        self.as_of = max([as_of, *map(known_as_of, self._tables.values())])
        for counted, table in self._tables.items():
            held = set(pc.unique(table["profile"]).to_pylist())
            if held - {self.profile.digest}:
                raise LakeError(
                    f"{system.id} on {counted} was counted with another reference profile; run: "
                    f"aiops backfill --from {counted} --to {day} --system {system.id}"
                )

    def window(self, days: Sequence[date]) -> Window:
        """Return the sum of `days`; days without statistics add nothing."""
        key = tuple(days)
        if key not in self._windows:
            tables = [self._tables[day] for day in key if day in self._tables]
            table = pa.concat_tables(tables) if tables else DAILY.empty_table()
            self._windows[key] = Window(self.system, self.profile, key, table)
        return self._windows[key]

    def take_over(self, earlier: "History") -> None:
        """Keep what an earlier history of the same system worked out of days that are the same."""
        if earlier.lake is not self.lake or earlier.profile.digest != self.profile.digest:
            return
        mine, before = self._tables, earlier._tables
        same = {day for day in mine if before.get(day) is mine[day]}
        self._digests = {day: digest for day, digest in earlier._digests.items() if day in same}
        for key, window in earlier._windows.items():
            if same.issuperset(key) and (len(key) == 1 or key == self._reference_days):
                self._windows[key] = window

    def rests_on(self, tables: Mapping[date, pa.Table], as_of: date) -> bool:
        """Tell whether this history is of exactly these tables, known as of the same day."""
        return (
            self._asked == as_of
            and self._tables.keys() == tables.keys()
            and all(self._tables[day] is table for day, table in tables.items())
        )

    @cached_property
    def reference(self) -> Window:
        """Return the reference period."""
        return self.window(self._reference_days)

    @cached_property
    def _reference_days(self) -> tuple[date, ...]:
        period = self.system.reference
        return tuple(day for day in self._tables if period.start <= day <= period.end)

    @cached_property
    def reference_cases(self) -> pd.DataFrame:
        """Return the labelled cases of the reference period: score, label and features."""
        columns = ["score", "label", *(each.name for each in self.system.features)]
        period = self.system.reference
        days = self.lake.read_days("scored_cases", self.system.id, period.start, period.end)
        tables = [table.select(columns) for _, table in days]
        frame = pa.concat_tables(tables).to_pandas() if tables else pd.DataFrame(columns=columns)
        return frame[frame["label"].notna()]

    def calendar(self, days: int) -> Window:
        """Return the last `days` calendar days."""
        return self.window([self.day - timedelta(days=back) for back in reversed(range(days))])

    def mature(self, days: int) -> Window:
        """Return the last `days` mature days."""
        return self.window(self.mature_days[-days:])

    def immature(self, start: date | None = None) -> Window:
        """Return the days from `start` (None: the first) on that are not mature."""
        mature = set(self.mature_days)
        first = start or date.min
        return self.window([day for day in self._tables if day >= first and day not in mature])

    @property
    def last_labelled(self) -> date | None:
        """Return the last mature day that has a labelled case; None without one."""
        for day in reversed(self.mature_days):
            if self.window([day]).count("labelled"):
                return day
        return None

    def digest(self, window: Window) -> str:
        """Return what identifies the files that a window, and its baseline, rest on."""
        days = dict.fromkeys((*self.reference.days, *window.days))
        held = [self._file_digest(day) for day in days if day in self._tables]
        return hashlib.sha256("".join(held).encode()).hexdigest()[:16]

    def _file_digest(self, day: date) -> str:
        if day not in self._digests:
            self._digests[day] = self.lake.digest(TABLE, self.system.id, day).sha256
        return self._digests[day]

    @cached_property
    def mature_days(self) -> list[date]:
        """Return the days that pass the system's maturity rule, in order."""
        return [day for day in self._tables if self._is_mature(day)]

    @property
    def monitored_mature_days(self) -> list[date]:
        """Return the mature days after the reference period: those on which evidence accrues."""
        return [day for day in self.mature_days if day > self.system.reference.end]

    def _is_mature(self, day: date) -> bool:
        """Judge age and completeness; a day without cases is mature once old enough."""
        window = self.window([day])
        names = ("cases", "labelled", "flagged", "flagged labelled")
        age = (self.as_of - day).days
        return matured(self.system.truth, age, *(window.count(name) for name in names))


def matured(rule: LabelRule, age: int, cases: int, labelled: int, flagged: int, read: int) -> bool:
    """Tell whether a day `age` days ago with `labelled` of `cases` passes the maturity rule.

    `flagged` counts the cases flagged at the rule's operating point, `read` those of them that are
    labelled. Where labels come from a random sample, or an audit of AI-negatives, the day's
    expected number is met up to three standard deviations of the draw.
    """
    if age < rule.mature_after_days:
        return False
    if rule.audit_fraction is None:
        return labelled >= rule.completeness * cases
    if rule.scheme == "sample":
        return _drawn_enough(rule, rule.audit_fraction, cases, labelled)
    if read < rule.completeness * flagged:
        return False
    return _drawn_enough(rule, rule.audit_fraction, cases - flagged, labelled - read)


def _drawn_enough(rule: LabelRule, share: float, cases: int, labelled: int) -> bool:
    expected = share * cases
    chance = 3 * math.sqrt(expected * (1 - share))
    return labelled >= rule.completeness * expected - chance
