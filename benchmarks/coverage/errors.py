"""Coverage of figures of continuous outputs and grades, by how errors are distributed and n.

True values are those of ten million cases (grades: exact), never from the functions under test.
"""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from aiops_pipelines import statistics as s
from benchmarks.coverage.populations import AGREED, Array, agreed_grades, durations
from benchmarks.coverage.tally import Found, Part, coverage_table, scaled

SIZES = (30, 50, 100, 500)
REPETITIONS = 2000
SEED = 2027
CASES = 10_000_000
SHOWN = (
    "mae",
    "bias",
    "rmse",
    "calibration_slope",
    "calibration_intercept",
    "limit_of_agreement_low",
    "limit_of_agreement_high",
    "r_squared",
)

Draw = Callable[[np.random.Generator, int], tuple[Array, Array]]
RARE = np.array([[0.85, 0.03, 0.01], [0.02, 0.05, 0.01], [0.0, 0.01, 0.02]])
"""Joint shares (predicted, true) of three grades, of which the first is nearly all."""


def _about(error: Callable[[np.random.Generator, int], Array]) -> Draw:
    def drawn(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        predicted = rng.normal(10, 2, n)
        return predicted, 1 + 0.9 * predicted + error(rng, n)

    return drawn


ERRORS: Mapping[str, Draw] = {
    "normal": _about(lambda rng, n: rng.normal(0, 1.5, n)),
    "t, 5 degrees": _about(lambda rng, n: 1.2 * rng.standard_t(5, n)),
    "Laplace": _about(lambda rng, n: rng.laplace(0, 1, n)),
    "exponential": _about(lambda rng, n: rng.exponential(1.5, n) - 1),
    "durations": lambda rng, n: durations(rng, n)[:2],
}


@cache
def truth(name: str) -> dict[str, float]:
    """Return the figures of so many cases that their own error does not count."""
    predicted, observed = ERRORS[name](np.random.default_rng(1), CASES)
    error = predicted - observed
    covered = np.cov(predicted, observed, ddof=0)
    slope = covered[0, 1] / covered[0, 0]
    bias, sd = error.mean(), error.std()
    return {
        "mae": float(np.abs(error).mean()),
        "bias": float(bias),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "calibration_slope": float(slope),
        "calibration_intercept": float(observed.mean() - slope * predicted.mean()),
        "limit_of_agreement_low": float(bias - 1.96 * sd),
        "limit_of_agreement_high": float(bias + 1.96 * sd),
        "r_squared": float(covered[0, 1] ** 2 / covered[0, 0] / covered[1, 1]),
    }


def of_errors(name: str, rng: np.random.Generator, n: int) -> Found:
    """Yield the figures of a continuous output with errors of this name."""
    found = s.regression(*ERRORS[name](rng, n))
    for each in SHOWN:
        yield f"{name}: {each.replace('_', ' ')}", getattr(found, each), truth(name)[each]


def of_grades(rng: np.random.Generator, n: int) -> Found:
    """Yield weighted kappas of five grades, and of three of which two are rare."""
    five = s.ordinal(*agreed_grades(rng, n), 5).quadratic_weighted_kappa
    yield "five grades: weighted kappa", five, AGREED["quadratic_weighted_kappa"]
    rare = s.ordinal_from_confusion(rng.multinomial(n, RARE.ravel()).reshape(RARE.shape))
    yield "three grades, two rare: weighted kappa", rare.quadratic_weighted_kappa, _kappa(RARE)


def _kappa(share: NDArray[np.float64]) -> float:
    gap = np.subtract.outer(np.arange(len(share)), np.arange(len(share))) ** 2
    return 1 - float(np.sum(share * gap) / (share.sum(axis=1) @ gap @ share.sum(axis=0)))


def _all(rng: np.random.Generator, n: int) -> Found:
    for name in ERRORS:
        yield from of_errors(name, rng, n)
    yield from of_grades(rng, n)


def _table(share: float) -> str:
    settings = [(f"n {n}", lambda rng, n=n: _all(rng, n)) for n in SIZES]
    return coverage_table(settings, scaled(REPETITIONS, share), SEED)


PARTS: dict[str, Part] = {"errors": _table}
