"""Coverage of the interval of every metric, printed as Markdown for docs/validation.md.

Run `python benchmarks/coverage/intervals.py`; `--share 0.1` runs a tenth of the repetitions.
Seeds are fixed: the same share prints the same tables. True values come from closed forms or from
integration, never from the functions under test.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from populations import (
    AGREED,
    BINARY,
    CATEGORIES,
    Population,
    agreed_grades,
    classes,
    clustered,
    durations,
    partly_verified,
    true_distances,
)

from aiops_pipelines import statistics as s
from aiops_pipelines.statistics import Estimate

SIZES = (50, 200, 1000)
PREVALENCES = (0.02, 0.1, 0.5)
REPETITIONS = 1000
Found = Iterator[tuple[str, Estimate, float]]


def of_binary(population: Population, rng: np.random.Generator, n: int) -> Found:
    """Yield every figure of a binary output that is not calibrated, with its true value."""
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
    found = s.calibration(score, label)
    for name in ("intercept", "slope", "in_the_large", "intercept_alone", "ece", "ece_debiased"):
        yield f"calibration: {name.replace('_', ' ')}", getattr(found, name), truth[name]
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


def of_counts(population: Population, rng: np.random.Generator, n: int) -> Found:
    """Yield proportions, their differences, and rates under partial verification."""
    p, q = population.prevalence, min(2 * population.prevalence, 0.7)
    x, y = (int(count) for count in rng.binomial(n, (p, q)))
    yield "proportion, Wilson", s.proportion(x, n), p
    yield "proportion, Clopper-Pearson", s.proportion(x, n, "clopper-pearson"), p
    yield "proportion, Jeffreys", s.proportion(x, n, "jeffreys"), p
    yield "difference, Newcombe", s.proportion_difference(x, n, y, n), p - q
    scored = s.proportion_difference(x, n, y, n, "miettinen-nurminen")
    yield "difference, Miettinen-Nurminen", scored, p - q
    b, c, _ = rng.multinomial(n, [p / 2, p / 4, 1 - 3 * p / 4])
    yield "paired difference, Tango", s.paired_difference(int(b), int(c), n), -p / 4
    flagged, verified, label, truth = partly_verified(rng, n, p)
    adjusted = s.verification_adjusted(flagged, verified, label)
    yield "sensitivity, 20% of AI-negatives audited", adjusted.sensitivity, truth["sensitivity"]
    yield "specificity, 20% of AI-negatives audited", adjusted.specificity, truth["specificity"]


def of_other_outputs(rng: np.random.Generator, n: int) -> Found:
    """Yield figures of classes, grades, durations with skewed errors, and drift."""
    chance, label, truth = classes(rng, n)
    found = s.multiclass(chance, label)
    yield "four classes: macro AUROC", found.macro_auroc, truth["macro_auroc"]
    yield "four classes: accuracy", found.accuracy, truth["accuracy"]
    grades = s.ordinal(*agreed_grades(rng, n), 5)
    for name in ("quadratic_weighted_kappa", "within_one", "grade_bias"):
        yield f"five grades: {name.replace('_', ' ')}", getattr(grades, name), AGREED[name]
    predicted, observed, truth = durations(rng, n)
    continuous = s.regression(predicted, observed)
    for name, value in truth.items():
        yield f"skewed durations: {name.replace('_', ' ')}", getattr(continuous, name), value
    reference = s.FeatureCounts.from_values(CATEGORIES.bins, CATEGORIES.before(rng, 2000))
    current = s.FeatureCounts.from_values(CATEGORIES.bins, CATEGORIES.after(rng, n))
    moved = s.drift(reference, current)
    for name, value in true_distances(reference).items():
        yield f"drift: {name.replace('_', ' ')}", getattr(moved, name), value


class Tally:
    """Coverage of one metric in one setting."""

    def __init__(self) -> None:
        self.covered = self.stated = self.missing = 0

    def add(self, estimate: Estimate, truth: float) -> None:
        """Count an interval; one that is open at an end has no bound there."""
        if estimate.low is None and estimate.high is None:
            self.missing += 1
            return
        low = -np.inf if estimate.low is None else estimate.low
        high = np.inf if estimate.high is None else estimate.high
        self.stated += 1
        self.covered += low - 1e-9 <= truth <= high + 1e-9

    def __str__(self) -> str:
        if self.stated < 0.02 * (self.stated + self.missing):
            return "-"
        share = f"{self.covered / self.stated:.1%}"
        absent = self.missing / (self.stated + self.missing)
        return share if absent < 0.005 else f"{share} ({absent:.0%} none)"


def table(
    settings: list[tuple[str, Callable[[np.random.Generator], Found]]], repetitions: int
) -> str:
    """Return the coverage of each metric (rows) in each setting (columns)."""
    rows: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for index, (column, draw) in enumerate(settings):
        rng = np.random.default_rng([2026, index])
        for _ in range(repetitions):
            for name, estimate, truth in draw(rng):
                rows[name][column].add(estimate, truth)
    columns = [column for column, _ in settings]
    lines = ["| interval of | " + " | ".join(columns) + " |", "| --- " * (len(columns) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(str(tallies[column]) for column in columns) + " |"
        for name, tallies in rows.items()
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="share of the repetitions")
    repetitions = max(10, round(REPETITIONS * parser.parse_args().share))
    print(f"Nominal 95%, {repetitions} repetitions: a standard error of ", end="")
    print(
        f"{100 * (0.95 * 0.05 / repetitions) ** 0.5:.1f} points. In brackets the share of samples"
    )
    print("in which the figure does not exist (no positive, say).\n")
    grid = [(p, n) for p in PREVALENCES for n in SIZES]
    for title, study in (("Figures of a binary output", of_binary), ("Counts", of_counts)):
        settings = [
            (f"{p:g}, n {n}", lambda rng, p=p, n=n, study=study: study(BINARY[p], rng, n))
            for p, n in grid
        ]
        print(f"### {title}: coverage by prevalence and n\n\n{table(settings, repetitions)}\n")
    settings = [(f"n {n}", lambda rng, n=n: of_other_outputs(rng, n)) for n in SIZES]
    print(f"### Other outputs and drift: coverage by n\n\n{table(settings, repetitions)}\n")


if __name__ == "__main__":
    main()
