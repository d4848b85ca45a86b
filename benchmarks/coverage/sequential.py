"""Simulated behaviour of the sequential alarms: false ones, delays, proofs, many streams."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm
from scipy.stats import t as student

from aiops_pipelines.statistics.boundaries import BetaBinomialMixture, bernoulli_confidence_interval
from aiops_pipelines.statistics.cusum import BernoulliCusum
from aiops_pipelines.statistics.e_detector import log_mixture, next_log_statistics
from aiops_pipelines.statistics.mean_shift import (
    DEFAULT_EFFECTS,
    MOST_WIDENED,
    TEN_YEARS_OF_WEEKS,
)
from aiops_pipelines.statistics.multiplicity import benjamini_hochberg, e_bh
from aiops_pipelines.statistics.shiryaev_roberts import TEN_YEARS_OF_DAYS, shiryaev_roberts_paths
from benchmarks.coverage.tally import Part, percent, scaled
from benchmarks.tables import markdown

YEAR = 365
LIMIT = 0.10
STREAMS = 1440
Counts = NDArray[np.int64]
Paths = NDArray[np.float64]


def alarms_a_year(rng: np.random.Generator, streams: int) -> list[tuple[str, ...]]:
    """Share of streams with at least one alarm in a year, by volume and true rate."""
    rows = []
    for cases in (2, 8, 50):
        for rate in (0.10, 0.09, 0.07):
            paths = sr_paths(rng.binomial(cases, rate, (YEAR, streams)), cases)
            alarmed = float((paths.max(axis=0) >= math.log(TEN_YEARS_OF_DAYS)).mean())
            rows.append((str(cases), f"{rate:.2f}", percent(alarmed, streams)))
    return rows


def delays(rng: np.random.Generator, streams: int) -> list[tuple[str, ...]]:
    """Days from a change to the alarm, after 100 days at .07, 8 cases a day."""
    cusum = BernoulliCusum.for_run_length(0.07, 0.14, 8, YEAR)
    rows = []
    for rate in (0.12, 0.15, 0.18, 0.20, 0.30):
        quiet = rng.binomial(8, 0.07, (100, streams))
        events = np.concatenate([quiet, rng.binomial(8, rate, (2 * YEAR, streams))])
        alarm = first_day(sr_paths(events, 8)[100:] >= math.log(TEN_YEARS_OF_DAYS))
        warning = first_day(cusum_paths(cusum, events, 8)[100:] >= cusum.threshold)
        rows.append(
            (
                f"{rate:.2f}",
                f"{np.median(alarm):.0f}",
                f"{np.quantile(alarm, 0.9, method='higher'):.0f}",
                f"{np.median(warning):.0f}",
                f"{(alarm <= 2 * YEAR).mean():.1%}",
            )
        )
    return rows


def proofs(rng: np.random.Generator, streams: int) -> list[tuple[str, ...]]:
    """Streams "proven" beyond the limit within a year, and confidence sequences that ever miss."""
    rows = []
    for rate in (0.07, 0.10, 0.12, 0.15, 0.20):
        totals = rng.binomial(8, rate, (YEAR, streams)).cumsum(axis=0)
        proven, missed = np.zeros(streams, dtype=bool), np.zeros(streams, dtype=bool)
        day_of_proof = np.full(streams, YEAR + 1)
        for day in range(YEAR):
            trials = 8 * (day + 1)
            values = [proof(int(events), trials) for events in totals[day]]
            now = np.array([value >= math.log(20) for value, _, _ in values])
            day_of_proof[now & ~proven] = day + 1
            proven |= now
            missed |= np.array([not low <= rate <= high for _, low, high in values])
        rows.append(
            (
                f"{rate:.2f}",
                percent(float(proven.mean()), streams),
                f"{np.median(day_of_proof):.0f}" if proven.mean() > 0.5 else "-",
                percent(float(missed.mean()), streams),
            )
        )
    return rows


@cache
def proof(events: int, trials: int) -> tuple[float, float, float]:
    """Log e-value against the limit, and the confidence sequence, as RateExceedance has them."""
    mixture = BetaBinomialMixture.tuned(LIMIT, 500, True)
    low, high = bernoulli_confidence_interval(events, trials, 0.05, 500)
    evidence = mixture.log_e_values(np.array([events]), np.array([trials]))
    return float(evidence[0]), low, high


def block_alarms(rng: np.random.Generator, streams: int) -> list[tuple[str, ...]]:
    """Weekly blocks: alarms a year at the limit, and median weeks to an alarm after a shift."""
    shape = (10 * 52, streams)
    rows = []
    for name, draw in BLOCKS.items():
        for shift in (0.0, 0.5, 1.0, 2.0):
            crossed = block_paths(*draw(rng, shape, shift)) >= math.log(TEN_YEARS_OF_WEEKS)
            within_year = percent(float(crossed[:52].any(axis=0).mean()), streams)
            weeks = f"{np.median(first_day(crossed)):.0f}" if shift else "-"
            rows.append((name, f"{shift:.1f}", within_year, weeks))
    return rows


Block = tuple[Paths, Paths]
"""z and the squares it is held against, both (blocks, streams)."""


def _student(degrees: float, stated: bool) -> Callable[..., Block]:
    """Return draws of z by a standard error of so many degrees of freedom."""

    def drawn(rng: np.random.Generator, shape: tuple[int, int], shift: float) -> Block:
        z = shift + rng.standard_normal(shape)
        if degrees < math.inf:
            z /= np.sqrt(rng.chisquare(degrees, shape) / degrees)
        return _scored(z, degrees) if stated else z, np.ones(shape)

    return drawn


def _scored(t: Paths, degrees: float) -> Paths:
    scores: Paths = np.sign(t) * norm.isf(student.sf(np.abs(t), degrees))
    return scores


def _skewed(expected: bool, cases: int = 20) -> Callable[..., Block]:
    """Return draws of means of exponential cases, whose long tail points away from the limit."""

    def drawn(rng: np.random.Generator, shape: tuple[int, int], shift: float) -> Block:
        total, squares = np.zeros(shape), np.zeros(shape)
        for _ in range(cases):
            case = rng.standard_exponential(shape)
            total, squares = total + case, squares + case**2
        own = (squares - total**2 / cases) / (cases - 1)
        z = shift + (cases - total) / math.sqrt(cases)
        if expected:
            return z, own / 3 + 2 / 3 * np.clip(own, 1, MOST_WIDENED)
        return _scored(z / np.sqrt(own), cases - 1), np.ones(shape)

    return drawn


BLOCKS: dict[str, Callable[..., Block]] = {
    "normal": _student(math.inf, False),
    "t, 20 degrees": _student(20, False),
    "t, 10 degrees": _student(10, False),
    "t, 10 degrees, stated": _student(10, True),
    "20 exponential cases, own error, stated": _skewed(False),
    "20 exponential cases, error expected": _skewed(True),
}


def portfolio(rng: np.random.Generator, years: int) -> list[tuple[str, ...]]:
    """False streams a year in 1,440 exactly at the limit, and what happens to 40 that are bad."""
    rows = []
    bad = 40
    rates = np.full((YEAR, STREAMS), LIMIT)
    rates[100:, :bad] = 0.18
    results: dict[str, list[tuple[int, int, Paths]]] = {}
    for _ in range(years):
        all_good = nightly_decisions(rng.binomial(8, LIMIT, rates.shape))
        for name, nights in nightly_decisions(rng.binomial(8, rates)).items():
            alone = int(all_good[name].any(axis=0).sum())
            beside = int(nights[:, bad:].any(axis=0).sum())
            results.setdefault(name, []).append((alone, beside, first_day(nights[100:, :bad])))
    for name, outcome in results.items():
        delay = np.concatenate([days for _, _, days in outcome])
        rows.append(
            (
                name,
                f"{np.mean([alone for alone, _, _ in outcome]):.2f}",
                f"{np.mean([beside for _, beside, _ in outcome]):.2f}",
                f"{(delay <= YEAR - 100).mean():.1%}",
                f"{np.median(delay):.0f}",
            )
        )
    return rows


def nightly_decisions(events: Counts) -> dict[str, NDArray[np.bool_]]:
    """Streams called bad on each night, shape (days, streams), by rule."""
    paths = sr_paths(events, 8)
    nights = np.arange(1, YEAR + 1)
    evidence = np.exp(np.minimum(paths - np.log(nights)[:, None], 700.0))
    window = np.cumsum(events, axis=0)
    window[28:] -= window[:-28].copy()
    p_values = binom.sf(window - 1, 8 * 28, LIMIT)
    p_values[:27] = 1.0
    return {
        "each stream's own threshold": paths >= math.log(TEN_YEARS_OF_DAYS),
        "e-BH on SR/T, level .05": np.array([e_bh(night, 0.05).rejected for night in evidence]),
        "e-BH on SR/T, level .10": np.array([e_bh(night, 0.10).rejected for night in evidence]),
        "28-day windows, BH every night, .05": np.array(
            [benjamini_hochberg(night, 0.05).rejected for night in p_values]
        ),
    }


def sr_paths(events: Counts, cases: int) -> Paths:
    """Log Shiryaev-Roberts statistics against the limit, `cases` a day."""
    return shiryaev_roberts_paths(events, np.full(events.shape, cases), LIMIT)


def cusum_paths(cusum: BernoulliCusum, events: Counts, cases: int) -> Paths:
    """The CUSUM's statistic after each day, for many streams."""
    per_case = math.log((1 - cusum.baseline) / (1 - cusum.shifted))
    per_event = math.log(cusum.shifted / cusum.baseline) + per_case
    statistic, paths = np.zeros(events.shape[1]), np.empty(events.shape)
    for day, counts in enumerate(events):
        statistic = np.maximum(0.0, statistic + counts * per_event - cases * per_case)
        paths[day] = statistic
    return paths


def block_paths(z: Paths, squares: Paths) -> Paths:
    """Log statistics of MeanShiftDetector after each block, for z-values (blocks, streams)."""
    effects = np.array(DEFAULT_EFFECTS)
    statistics, paths = np.full((z.shape[1], len(effects)), -np.inf), np.empty(z.shape)
    for block, (values, held) in enumerate(zip(z, squares, strict=True)):
        log_ratios = effects * values[:, None] - effects**2 / 2 * held[:, None]
        statistics = next_log_statistics(statistics, log_ratios)
        paths[block] = log_mixture(statistics)
    return paths


def first_day(crossed: NDArray[np.bool_]) -> Paths:
    """First day (from 1) on which each stream crossed; infinity where none."""
    return np.where(crossed.any(axis=0), crossed.argmax(axis=0) + 1.0, np.inf)


def part(
    header: tuple[str, ...],
    simulate: Callable[[np.random.Generator, int], list[tuple[str, ...]]],
    seed: int,
    repetitions: int,
    unit: str = "streams a row",
) -> Part:
    """Return a part that states how many streams (or years) each row is of."""

    def table(share: float) -> str:
        number = scaled(repetitions, share)
        rows = simulate(np.random.default_rng(seed), number)
        return f"{markdown(header, rows)}\n\n{number:,} {unit}; ± is twice the standard error."

    return table


PARTS: dict[str, Part] = {
    "alarms": part(("cases a day", "true rate", "streams with an alarm"), alarms_a_year, 1, 10_000),
    "delays": part(
        (
            "new rate",
            "alarm, median",
            "alarm, 90% by",
            "warning (CUSUM), median",
            "found in 2 years",
        ),
        delays,
        2,
        2000,
    ),
    "proofs": part(
        ("true rate", "proven", "median day of proof", "confidence sequence ever missed"),
        proofs,
        3,
        2000,
    ),
    "blocks": part(
        ("distribution of z", "shift in SE", "alarm within a year", "weeks to alarm, median"),
        block_alarms,
        4,
        2000,
    ),
    "streams": part(
        (
            "rule",
            "false streams a year, none bad",
            "false streams beside the bad",
            "bad streams found",
            "days to find, median",
        ),
        portfolio,
        5,
        20,
        "years a row",
    ),
}
