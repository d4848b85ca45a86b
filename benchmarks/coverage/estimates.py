"""Estimates of days without labels: how often they hold the figure that labels later show."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from aiops_pipelines import statistics as s
from aiops_pipelines.statistics.estimated import EstimationMethod
from benchmarks.coverage.populations import BINARY, Population
from benchmarks.coverage.tally import Found, Part, coverage_table, scaled

REFERENCE = 2000
SIZES = (50, 200, 1000)
PREVALENCES = (0.02, 0.1, 0.5)
Array = NDArray[np.float64]
Drawn = tuple[Array, NDArray[np.bool_], Array]


def of_estimates(
    rng: np.random.Generator, before: Drawn, now: Drawn, threshold: float, method: EstimationMethod
) -> Found:
    """Yield each estimated figure with the one that the labels of the same cases show."""
    features = (now[2], before[2]) if method == "pape" else (None, None)
    found = s.estimate_performance(
        now[0], before[0], before[1], [threshold], method, *features, seed=int(rng.integers(2**31))
    )
    shown = s.operating_point(now[0], now[1], threshold)
    label = now[1].astype(np.float64)
    pairs = {
        "prevalence": (found.prevalence, float(label.mean())),
        "AUROC": (found.auroc, s.auroc(now[0], now[1]).value),
        "Brier score": (found.brier, float(np.mean((now[0] - label) ** 2))),
        **{
            name: (getattr(found.points[0], name), getattr(shown, name).value)
            for name in ("sensitivity", "specificity", "ppv", "npv")
        },
    }
    for name, (estimate, measured) in pairs.items():
        if measured is not None:
            yield name, estimate, measured


def unchanged(share: float) -> str:
    """Return CBPE's coverage where nothing changed, the score being miscalibrated."""

    def sample(population: Population, rng: np.random.Generator, n: int) -> Found:
        none = np.zeros((0, 0))
        before, _, known = population.draw(rng, REFERENCE)
        now, _, truth = population.draw(rng, n)
        sides = (before, known, none), (now, truth, none)
        return of_estimates(rng, *sides, population.threshold, "cbpe")

    settings = [
        (f"{p:g}, n {n}", lambda rng, p=p, n=n: sample(BINARY[p], rng, n))
        for p in PREVALENCES
        for n in SIZES
    ]
    return coverage_table(settings, scaled(900, share), 51)


def moved_cases(rng: np.random.Generator, n: int, shift: float) -> Drawn:
    """Return scores, labels and features; the score knows one of the two that matter.

    `shift` moves the feature that the score doesn't know: the label given both stays as it was,
    the label given the score doesn't.
    """
    known, unknown = rng.standard_normal(n), rng.standard_normal(n) + shift
    label = rng.random(n) < special.expit(-1.5 + 1.5 * known + unknown)
    return special.expit(-1.5 + 1.5 * known), label, np.column_stack([known, unknown])


def shifted(share: float) -> str:
    """Return CBPE's and PAPE's coverage under a covariate shift that the score doesn't know."""

    def sample(method: EstimationMethod, shift: float, n: int) -> Callable[..., Found]:
        def draw(rng: np.random.Generator) -> Found:
            sides = moved_cases(rng, REFERENCE, 0.0), moved_cases(rng, n, shift)
            return of_estimates(rng, *sides, 0.3, method)

        return draw

    settings = [
        (f"{method.upper()}, moved by {shift:g}, n {n}", sample(method, shift, n))
        for method in ("cbpe", "pape")
        for shift in (0.0, 0.5)
        for n in (200, 1000)
    ]
    return coverage_table(settings, scaled(300, share), 52)


PARTS: dict[str, Part] = {"estimates": unchanged, "estimates-shifted": shifted}
