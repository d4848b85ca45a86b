"""When and why a rate changed: the set of days of a change point, and the parts of a shift."""

import numpy as np
from numpy.typing import NDArray

from aiops_pipelines import statistics as s
from aiops_pipelines.statistics import Estimate
from benchmarks.coverage.tally import Found, Part, coverage_table, percent, scaled
from benchmarks.tables import markdown

DAYS, BEFORE, STREAMS = 120, 0.10, 1000
Array = NDArray[np.float64]


def change_points(share: float) -> str:
    """Return how often the set of days holds the true one, over days drawn evenly."""
    streams = scaled(STREAMS, share)
    rows = []
    for cases in (5, 20, 100):
        for after in (0.10, 0.13, 0.15, 0.20, 0.30):
            rng = np.random.default_rng([31, cases, round(100 * after)])
            rows.append((cases, f"{after:.2f}", *_dated(rng, cases, after, streams)))
    header = (
        "cases a day",
        "rate after",
        "set holds the day",
        "days in the set, median",
        "Bayes factor above 20",
        "then within a week",
    )
    return f"{markdown(header, rows)}\n\n{streams:,} streams a row; ± is twice the standard error."


def _dated(
    rng: np.random.Generator, cases: int, after: float, streams: int
) -> tuple[str, str, str, str]:
    held, convinced, near, sizes = 0, 0, 0, []
    for _ in range(streams):
        true = int(rng.integers(1, DAYS))
        rate = np.where(np.arange(DAYS) < true, BEFORE, after)
        events = rng.binomial(cases, rate)
        found = s.change_point(events, np.full(DAYS, cases), range(DAYS))
        held += true in found.credible_days
        sizes.append(len(found.credible_days))
        if found.day is not None:
            convinced += 1
            near += abs(found.day - true) <= 7
    convincing = percent(convinced / streams, streams)
    if after == BEFORE:
        return "no change", f"{np.median(sizes):.0f}", convincing, "-"
    then = percent(near / convinced, convinced) if convinced >= 20 else "-"
    return percent(held / streams, streams), f"{np.median(sizes):.0f}", convincing, then


SLICES = np.array(["North", "South", "West", "East"])
SHIFTS = ("none", "prevalence", "mix", "concept", "all three")


class Periods:
    """Two periods of four slices; the metric is whether a case was judged wrongly.

    True parts are worked out here from the definition: the change within slices at the shared mix,
    each of its two causes averaged over the two orders.
    """

    def __init__(self, shift: str) -> None:
        every = shift == "all three"
        self.mix = [np.array([0.4, 0.3, 0.2, 0.1])] * 2
        self.prevalence = [np.array([0.1, 0.15, 0.2, 0.3])] * 2
        self.wrong = [np.array([[0.1, 0.3], [0.1, 0.3], [0.15, 0.35], [0.2, 0.4]])] * 2
        if every or shift == "mix":
            self.mix = [self.mix[0], np.array([0.2, 0.2, 0.25, 0.35])]
        if every or shift == "prevalence":
            self.prevalence = [self.prevalence[0], self.prevalence[0] + 0.15]
        if every or shift == "concept":
            self.wrong = [self.wrong[0], self.wrong[0] + np.array([0.15, 0, 0, 0])[:, None]]

    def level(self, prevalence: int, wrong: int) -> Array:
        """Return each slice's error rate with the prevalence and the errors of these periods."""
        p, e = self.prevalence[prevalence], self.wrong[wrong]
        return (1 - p) * e[:, 0] + p * e[:, 1]

    def truth(self) -> dict[str, float]:
        """Return the true parts."""
        old, new = self.mix
        shared = old * new / (old + new)
        shared /= shared.sum()
        before, after = self.level(0, 0), self.level(1, 1)
        only_prevalence, only_concept = self.level(1, 0), self.level(0, 1)
        prevalence = ((only_prevalence - before) + (after - only_concept)) / 2
        return {
            "total": float(new @ after - old @ before),
            "mix_shared": float((shared - old) @ before),
            "prevalence": float(shared @ prevalence),
            "concept": float(shared @ (after - before - prevalence)),
            "mix_new": float((new - shared) @ after),
        }

    def draw(
        self, rng: np.random.Generator, period: int, n: int
    ) -> tuple[Array, NDArray[np.str_], NDArray[np.bool_]]:
        """Return the metric, the slice and the label of n cases."""
        place = rng.choice(len(SLICES), n, p=self.mix[period])
        label = rng.random(n) < self.prevalence[period][place]
        wrong = rng.random(n) < self.wrong[period][place, label.astype(np.int64)]
        return wrong.astype(np.float64), SLICES[place], label


def shift_parts(share: float) -> str:
    """Return the coverage of each part of a shift, both periods of n cases."""
    settings = [
        (f"{name}, n {n}", lambda rng, name=name, n=n: _of_shift(Periods(name), rng, n))
        for name in SHIFTS
        for n in (200, 2000)
    ]
    return coverage_table(settings, scaled(STREAMS, share), 32)


def _of_shift(periods: Periods, rng: np.random.Generator, n: int) -> Found:
    before, now = periods.draw(rng, 0, n), periods.draw(rng, 1, n)
    found = s.decompose_shift(before[0], before[1], now[0], now[1], before[2], now[2])
    for name, truth in periods.truth().items():
        estimate: Estimate = getattr(found, name)
        yield name.replace("_", " "), estimate, truth


PARTS: dict[str, Part] = {"change-point": change_points, "shift-parts": shift_parts}
