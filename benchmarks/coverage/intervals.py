"""Coverage of the interval of every metric over its population's true value.

True values come from closed forms or from integration, never from the functions under test.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from aiops_pipelines import statistics as s
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.statistics.proportions import ProportionMethod
from benchmarks.coverage.populations import (
    AGREED,
    BINARY,
    DRIFTS,
    ERRING,
    FEATURE,
    LINES,
    Moved,
    Population,
    agreed_grades,
    classes,
    clustered,
    durations,
    partly_verified,
    true_distances,
)
from benchmarks.coverage.tally import Found, Part, coverage_table, scaled
from benchmarks.tables import markdown

SIZES = (50, 200, 1000)
PREVALENCES = (0.02, 0.1, 0.5)
REPETITIONS = 2000
SEED = 2026
METHODS: tuple[ProportionMethod, ...] = ("wilson", "clopper-pearson", "jeffreys")


def of_ranking(population: Population, rng: np.random.Generator, n: int) -> Found:
    """Yield AUROCs, average precisions and losses of a binary output that is not calibrated."""
    score, rival, label = population.draw(rng, n)
    truth = population.truth
    yield "AUROC", s.auroc(score, label), truth["auroc"]
    compared = s.compare_auroc(score, rival, label)
    gap = Estimate(
        compared.difference, compared.low, compared.high, compared.standard_error, n, None, ""
    )
    yield "AUROC, paired difference", gap, truth["auroc_gap"]
    yield "average precision", s.average_precision(score, label), truth["average_precision"]
    yield "Brier score", s.brier(score, label), truth["brier"]
    yield "log loss", s.log_loss(score, label), truth["log_loss"]
    binned = s.Histogram.from_cases(score, label, population.edges)
    seed = int(rng.integers(2**31))
    yield "AUROC, bootstrap of bins", binned.bootstrap("auroc", 300, seed), truth["auroc"]
    yield (
        "average precision, bootstrap of bins",
        binned.bootstrap("average_precision", 300, seed),
        truth["average_precision"],
    )
    score, label, patient = clustered(rng, n, population.prevalence)
    yield "AUROC, 3 cases a patient", s.auroc(score, label, cluster=patient), truth["auroc"]


def of_operating_point(population: Population, rng: np.random.Generator, n: int) -> Found:
    """Yield every rate at the operating point."""
    score, _, label = population.draw(rng, n)
    truth = population.truth
    point = s.operating_point(score, label, population.threshold)
    for name in (
        "sensitivity",
        "specificity",
        "ppv",
        "npv",
        "flag_rate",
        "positive_likelihood_ratio",
        "negative_likelihood_ratio",
        "nne",
    ):
        yield name.replace("_", " "), getattr(point, name), truth[name]
    yield (
        "net benefit",
        s.net_benefit(score, label, [population.threshold])[0],
        truth["net_benefit"],
    )


def of_calibration(population: Population, rng: np.random.Generator, n: int) -> Found:
    """Yield every figure of calibration."""
    score, _, label = population.draw(rng, n)
    found = s.calibration(score, label)
    for name in ("intercept", "slope", "in_the_large", "intercept_alone", "ece", "ece_debiased"):
        yield name.replace("_", " "), getattr(found, name), population.truth[name]


def of_calibration_errors(population: Population, rng: np.random.Generator, n: int) -> Found:
    """Yield the calibration errors of scores that are right and of those that err grossly."""
    for name in LINES:
        erring = ERRING[name, population.prevalence]
        score, _, label = erring.draw(rng, n)
        found = s.calibration(score, label)
        yield f"{name}: ece", found.ece, erring.truth["ece"]
        yield f"{name}: ece debiased", found.ece_debiased, erring.truth["ece_debiased"]


def of_counts(population: Population, rng: np.random.Generator, n: int) -> Found:
    """Yield differences of proportions, and rates under partial verification."""
    p, q = population.prevalence, min(2 * population.prevalence, 0.7)
    x, y = (int(count) for count in rng.binomial(n, (p, q)))
    yield "difference, Newcombe", s.proportion_difference(x, n, y, n), p - q
    scored = s.proportion_difference(x, n, y, n, "miettinen-nurminen")
    yield "difference, Miettinen-Nurminen", scored, p - q
    b, c, _ = rng.multinomial(n, [p / 2, p / 4, 1 - 3 * p / 4])
    yield "paired difference, Tango", s.paired_difference(int(b), int(c), n), -p / 4
    flagged, verified, label, truth = partly_verified(rng, n, p)
    adjusted = s.verification_adjusted(flagged, verified, label)
    yield "sensitivity, 20% of AI-negatives audited", adjusted.sensitivity, truth["sensitivity"]
    yield "specificity, 20% of AI-negatives audited", adjusted.specificity, truth["specificity"]


def exact_proportions(_share: float) -> str:
    """Return the coverage of each interval of a proportion, from binomial chances: no simulation.

    The last columns are the least over true values that let one event and one other be expected.
    """
    rows = []
    for method in METHODS:
        at = {n: exact_coverage(n, np.array(PREVALENCES), method) for n in SIZES}
        least = [
            exact_coverage(n, np.linspace(1 / n, 1 - 1 / n, 2001), method).min() for n in SIZES
        ]
        row = [at[n][index] for index in range(len(PREVALENCES)) for n in SIZES]
        rows.append((method, *(f"{each:.1%}" for each in (*row, *least))))
    columns = [f"{p:g}, n {n}" for p in PREVALENCES for n in SIZES]
    return markdown(("interval", *columns, *(f"least, n {n}" for n in SIZES)), rows)


def exact_coverage(
    n: int, truth: NDArray[np.float64], method: ProportionMethod
) -> NDArray[np.float64]:
    """Return the chance that the interval of a binomial count of n holds each true value."""
    count = np.arange(n + 1)
    found = s.proportions(count, np.full(n + 1, n), method)
    held = (found.low[:, None] <= truth) & (truth <= found.high[:, None])
    chance: NDArray[np.float64] = stats.binom.pmf(count[:, None], n, truth)
    return np.sum(chance * held, axis=0)


def of_classes_and_grades(rng: np.random.Generator, n: int) -> Found:
    """Yield figures of four classes and of five grades."""
    chance, label, truth = classes(rng, n)
    found = s.multiclass(chance, label)
    yield "four classes: macro AUROC", found.macro_auroc, truth["macro_auroc"]
    yield "four classes: accuracy", found.accuracy, truth["accuracy"]
    grades = s.ordinal(*agreed_grades(rng, n), 5)
    for name in ("quadratic_weighted_kappa", "within_one", "grade_bias"):
        yield f"five grades: {name.replace('_', ' ')}", getattr(grades, name), AGREED[name]


def of_durations(rng: np.random.Generator, n: int) -> Found:
    """Yield figures of a continuous output with skewed errors."""
    predicted, observed, truth = durations(rng, n)
    found = s.regression(predicted, observed)
    for name, value in truth.items():
        yield name.replace("_", " "), getattr(found, name), value


def of_drift(now: Moved, rng: np.random.Generator, n: int) -> Found:
    """Yield distances of a feature that moved and widened, from 2,000 reference values."""
    reference = s.FeatureCounts.from_values(FEATURE, rng.standard_normal(2000))
    current = s.FeatureCounts.from_values(FEATURE, now.draw(rng, n))
    found = s.drift(reference, current)
    for name, value in true_distances(reference, now).items():
        yield name.replace("_", " "), getattr(found, name), value


def by_drift(share: float) -> str:
    """Return the coverage of distances, a column for each drift and n."""
    settings = [
        (f"{name}, n {n}", lambda rng, now=now, n=n: of_drift(now, rng, n))
        for name, now in DRIFTS.items()
        for n in SIZES
    ]
    return coverage_table(settings, scaled(REPETITIONS, share), SEED)


def by_prevalence(study: Callable[[Population, np.random.Generator, int], Found]) -> Part:
    """Return a part with a column for each prevalence and n."""
    settings = [
        (f"{p:g}, n {n}", lambda rng, p=p, n=n: study(BINARY[p], rng, n))
        for p in PREVALENCES
        for n in SIZES
    ]
    return lambda share: coverage_table(settings, scaled(REPETITIONS, share), SEED)


def by_size(study: Callable[[np.random.Generator, int], Found]) -> Part:
    """Return a part with a column for each n."""
    settings = [(f"n {n}", lambda rng, n=n: study(rng, n)) for n in SIZES]
    return lambda share: coverage_table(settings, scaled(REPETITIONS, share), SEED)


PARTS: dict[str, Part] = {
    "ranking": by_prevalence(of_ranking),
    "operating-point": by_prevalence(of_operating_point),
    "calibration": by_prevalence(of_calibration),
    "calibration-errors": by_prevalence(of_calibration_errors),
    "proportions": exact_proportions,
    "counts": by_prevalence(of_counts),
    "classes": by_size(of_classes_and_grades),
    "durations": by_size(of_durations),
    "drift": by_drift,
}
