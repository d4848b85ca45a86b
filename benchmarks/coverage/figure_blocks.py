"""Figures judged in weekly blocks as the night judges them: exactly at a limit, and beyond it.

The e-detector's guarantee is that of blocks with normal estimates, or of means whose error is
expected from earlier cases; here are estimates as they are, after a reference of eight blocks or
of one.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from aiops_pipelines import statistics as s
from aiops_pipelines.evaluation.block_figures import detector_of, with_block
from aiops_pipelines.evaluation.evidence import BLOCK_DAYS, RUN_LENGTH_DAYS
from aiops_pipelines.statistics import Estimate, MeanShiftDetector, RegressionSums
from aiops_pipelines.statistics.unbiased_precision import jackknifed_average_precision
from benchmarks.coverage.errors import ERRORS, truth
from benchmarks.coverage.populations import AGREED, BINARY, agreed_grades
from benchmarks.coverage.tally import Part, percent
from benchmarks.coverage.tally import scaled as repetitions
from benchmarks.tables import markdown

STREAMS, SHIFTED, REFERENCE, WEEKS, SEED = 600, 100, 8, 52, 2028
Figures = Mapping[str, Estimate]
Detectors = dict[tuple[str, bool], MeanShiftDetector]


@dataclass(frozen=True)
class Blocks:
    """Blocks of one size: sums of a draw's cases, which add up, and the figures of such sums.

    `means` are the figures that the night judges by the error expected from earlier cases.
    """

    draw: Callable[[np.random.Generator], Any]
    figures: Callable[[Any], Figures]
    means: Callable[[Any], Figures]
    truth: Mapping[str, float]


def of_errors(name: str, n: int) -> Blocks:
    """Return blocks of a continuous output."""

    def figures(sums: RegressionSums) -> Figures:
        found = sums.figures()
        return {
            "mae": found.mae,
            "mean_error": found.bias,
            "calibration_slope": found.calibration_slope,
            "rmse": found.rmse,
            "r_squared": found.r_squared,
            "limit_of_agreement_low": found.limit_of_agreement_low,
            "limit_of_agreement_high": found.limit_of_agreement_high,
        }

    def draw(rng: np.random.Generator) -> RegressionSums:
        return RegressionSums.from_cases(*ERRORS[name](rng, n))

    return Blocks(draw, figures, figures, {**truth(name), "mean_error": truth(name)["bias"]})


def of_scores(prevalence: float, n: int) -> Blocks:
    """Return blocks of a binary output."""
    population = BINARY[prevalence]

    def draw(rng: np.random.Generator) -> s.Histogram:
        score, _, label = population.draw(rng, n)
        return s.Histogram.from_cases(score, label, population.edges)

    def means(days: s.Histogram) -> Figures:
        precision = jackknifed_average_precision(days.positive, days.negative)
        return {
            "average_precision": precision,
            "observed_expected_ratio": days.observed_expected(),
        }

    def figures(days: s.Histogram) -> Figures:
        slope = days.calibration().slope
        return {"auroc": days.auroc(), **means(days), "calibration_slope": slope}

    true = population.truth
    ratio, slope = true["in_the_large"], true["slope"]
    named = {"observed_expected_ratio": ratio, "calibration_slope": slope}
    return Blocks(draw, figures, means, {**true, **named})


def of_grades(n: int) -> Blocks:
    """Return blocks of five grades."""

    def draw(rng: np.random.Generator) -> s.agreement.IntArray:
        return s.agreement.confusion_matrix(*agreed_grades(rng, n), 5)

    def figures(matrix: s.agreement.IntArray) -> Figures:
        name = "quadratic_weighted_kappa"
        return {name: s.ordinal_from_confusion(matrix).quadratic_weighted_kappa}

    return Blocks(draw, figures, figures, AGREED)


BLOCKS: Mapping[str, tuple[Callable[[], Blocks], int]] = {
    "scores, prevalence .1, 220 cases": (lambda: of_scores(0.1, 220), REFERENCE),
    "scores, prevalence .5, 70 cases": (lambda: of_scores(0.5, 70), REFERENCE),
    "five grades, 60 cases": (lambda: of_grades(60), REFERENCE),
    "normal errors, 60 cases": (lambda: of_errors("normal", 60), REFERENCE),
    "durations, 60 cases": (lambda: of_errors("durations", 60), REFERENCE),
    "durations, 60 cases, reference 60": (lambda: of_errors("durations", 60), 1),
    "durations, 280 cases": (lambda: of_errors("durations", 280), REFERENCE),
}
"""Blocks, and how many of them the reference holds."""


def _year(
    blocks: Blocks, reference: int, rng: np.random.Generator
) -> Iterator[tuple[Figures, Figures]]:
    """Yield the figures of each week's block, and of all cases before it."""
    earlier = blocks.draw(rng)
    for _ in range(reference - 1):
        earlier = earlier + blocks.draw(rng)
    for _ in range(WEEKS):
        block = blocks.draw(rng)
        yield blocks.figures(block), blocks.means(earlier)
        earlier = earlier + block


def _judged(blocks: Blocks, weeks: list[tuple[Figures, Figures]], shift: float) -> Detectors:
    """Return each figure's detectors after the weeks, its truth `shift` errors beyond the limit.

    The error is that of the median block.
    """
    held: Detectors = {}
    for metric in weeks[0][0]:
        error = float(np.median([figures[metric].standard_error or 0.0 for figures, _ in weeks]))
        for above in (True, False):
            beyond = shift * error * (1 if above else -1)
            limit = blocks.truth[metric] - beyond
            detector = detector_of(metric, limit, RUN_LENGTH_DAYS / BLOCK_DAYS, above=above)
            for figures, earlier in weeks:
                if detector.first_alarm is not None:
                    break
                before = earlier.__getitem__ if metric in earlier else None
                detector = with_block(detector, metric, limit, figures.__getitem__, before)
            held[metric, above] = detector
    return held


def _rows(blocks: Blocks, reference: int, streams: int) -> Iterator[tuple[str, ...]]:
    """Yield for each figure the false alarms a year and the weeks until a shift is found."""
    rng = np.random.default_rng(SEED)
    at_limit, beyond = [], []
    for stream in range(streams):
        weeks = list(_year(blocks, reference, rng))
        at_limit.append(_judged(blocks, weeks, 0.0))
        if stream < SHIFTED:
            beyond.append(_judged(blocks, weeks, 1.0))
    for metric in dict.fromkeys(metric for metric, _ in at_limit[0]):
        shares, delays = [], []
        for above in (True, False):
            alarmed = [held[metric, above].first_alarm is not None for held in at_limit]
            found = [held[metric, above].first_alarm or math.inf for held in beyond]
            shares.append(percent(float(np.mean(alarmed)), streams))
            delay = float(np.median(found))
            delays.append(f"{delay:.0f}" if delay <= WEEKS else f"over {WEEKS}")
        yield metric.replace("_", " "), *shares, *delays


def _table(share: float) -> str:
    streams = repetitions(STREAMS, share)
    rows = [
        (name, *row)
        for name, (make, reference) in BLOCKS.items()
        for row in _rows(make(), reference, streams)
    ]
    head = (
        "blocks",
        "figure",
        "false alarm above, a year",
        "below, a year",
        "weeks to find 1 SE above, median",
        "below",
    )
    text = f"{streams:,} streams a row ({min(SHIFTED, streams)} for the weeks); "
    return f"{markdown(head, rows)}\n\n{text}± is twice the standard error."


PARTS: dict[str, Part] = {"figure-blocks": _table}
