"""False alarms of figures judged in weekly blocks, as the night judges them, exactly at a limit.

The e-detector's guarantee is that of blocks with normal estimates; here are estimates as they are.
"""

from collections.abc import Callable, Iterator

import numpy as np

from aiops_pipelines import statistics as s
from aiops_pipelines.evaluation.evidence import BLOCK_DAYS, RUN_LENGTH_DAYS, scaled, with_block
from aiops_pipelines.statistics import Estimate, MeanShiftDetector
from benchmarks.coverage.errors import ERRORS, truth
from benchmarks.coverage.populations import AGREED, BINARY, agreed_grades
from benchmarks.coverage.tally import Part, percent
from benchmarks.coverage.tally import scaled as repetitions
from benchmarks.tables import markdown

STREAMS, WEEKS, SEED = 400, 52, 2028
Block = Iterator[tuple[str, Estimate, float]]


def of_errors(name: str, rng: np.random.Generator, n: int) -> Block:
    """Yield figures of one block of a continuous output, with their true values."""
    found, true = s.regression(*ERRORS[name](rng, n)), truth(name)
    yield "mae", found.mae, true["mae"]
    yield "mean_error", found.bias, true["bias"]
    yield "calibration_slope", found.calibration_slope, true["calibration_slope"]


def of_scores(prevalence: float, rng: np.random.Generator, n: int) -> Block:
    """Yield figures of one block of a binary output, with their true values."""
    population = BINARY[prevalence]
    score, _, label = population.draw(rng, n)
    days, true = s.Histogram.from_cases(score, label, population.edges), population.truth
    yield "auroc", days.auroc(), true["auroc"]
    yield "observed_expected_ratio", days.observed_expected(), true["in_the_large"]
    yield "calibration_slope", days.calibration().slope, true["slope"]


def of_grades(rng: np.random.Generator, n: int) -> Block:
    """Yield the kappa of one block of five grades, with its true value."""
    name = "quadratic_weighted_kappa"
    yield name, s.ordinal(*agreed_grades(rng, n), 5).quadratic_weighted_kappa, AGREED[name]


BLOCKS: dict[str, Callable[[np.random.Generator], Block]] = {
    "scores, prevalence .1, 220 cases": lambda rng: of_scores(0.1, rng, 220),
    "scores, prevalence .5, 70 cases": lambda rng: of_scores(0.5, rng, 70),
    "five grades, 60 cases": lambda rng: of_grades(rng, 60),
    "normal errors, 60 cases": lambda rng: of_errors("normal", rng, 60),
    "durations, 60 cases": lambda rng: of_errors("durations", rng, 60),
    "durations, 280 cases": lambda rng: of_errors("durations", rng, 280),
}


def _alarms(draw: Callable[[np.random.Generator], Block], streams: int) -> dict[str, list[float]]:
    """Return by figure the share of streams with an alarm within a year, above and below."""
    rng = np.random.default_rng(SEED)
    hits: dict[str, list[float]] = {}
    for _ in range(streams):
        held: dict[tuple[str, bool], MeanShiftDetector] = {}
        for _ in range(WEEKS):
            for metric, estimate, true in draw(rng):
                for above in (True, False):
                    detector = held.get((metric, above)) or MeanShiftDetector(
                        scaled(metric, true),
                        "above" if above else "below",
                        RUN_LENGTH_DAYS / BLOCK_DAYS,
                    )
                    held[metric, above] = with_block(detector, metric, estimate)
        for (metric, above), detector in held.items():
            share = hits.setdefault(metric, [0.0, 0.0])
            share[0 if above else 1] += (detector.first_alarm is not None) / streams
    return hits


def _table(share: float) -> str:
    streams = repetitions(STREAMS, share)
    rows = [
        (block, metric.replace("_", " "), *(percent(each, streams) for each in sides))
        for block, draw in BLOCKS.items()
        for metric, sides in _alarms(draw, streams).items()
    ]
    head = ("blocks", "figure", "false alarm above, a year", "below, a year")
    return f"{markdown(head, rows)}\n\n{streams:,} streams a row; ± is twice the standard error."


PARTS: dict[str, Part] = {"figure-blocks": _table}
