"""Populations with known true values, to draw samples from."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, special, stats

from aiops_pipelines.statistics import FeatureCounts, numeric_bins, reference_edges

Array = NDArray[np.float64]
SEPARATION, RIVAL, SHARED = 1.6, 1.2, 0.5
INTERCEPT, SLOPE = 0.3, 0.8
BINS = 10


@dataclass(frozen=True)
class Population:
    """Markers x ~ N(1.6 y, 1) and a rival N(1.2 y, 1), correlated .5; overconfident scores.

    The score's logit is .3 + .8 times the true log-odds unless another line is given, its operating
    point where specificity is .85.
    """

    prevalence: float
    intercept: float = INTERCEPT
    slope: float = SLOPE
    grid: Array = field(default_factory=lambda: np.linspace(-9, 11, 40_001))

    def score(self, x: Array) -> Array:
        """Return the score of marker values."""
        odds = special.logit(self.prevalence) + SEPARATION * x - SEPARATION**2 / 2
        scored: Array = special.expit(self.intercept + self.slope * odds)
        return scored

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return scores, a rival's scores, and labels."""
        label = rng.random(n) < self.prevalence
        common, own, other = rng.standard_normal((3, n))
        marker = SEPARATION * label + np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
        rival = RIVAL * label + np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * other
        return self.score(marker), rival, label

    @cached_property
    def threshold(self) -> float:
        """Return the operating point."""
        return float(self.score(np.array([self._cut]))[0])

    @cached_property
    def edges(self) -> Array:
        """Return the bins of the daily histogram."""
        rng = np.random.default_rng(1)
        return reference_edges(self.draw(rng, 20_000)[0], [self.threshold])

    @property
    def _cut(self) -> float:
        return float(stats.norm.ppf(0.85))

    @cached_property
    def truth(self) -> dict[str, float]:
        """Return the true value of every figure."""
        x, p = self.grid, self.prevalence
        positive, negative = p * stats.norm.pdf(x - SEPARATION), (1 - p) * stats.norm.pdf(x)
        score = self.score(x)

        def total(values: Array) -> float:
            return float(integrate.simpson(values, x=x))

        def recentred(shift: float) -> float:
            chance = special.expit(shift + special.logit(score))
            return total((positive + negative) * chance) - p

        sensitivity, specificity = float(stats.norm.sf(self._cut - SEPARATION)), 0.85
        hits, alarms = p * sensitivity, (1 - p) * (1 - specificity)
        above = p * stats.norm.sf(x - SEPARATION), (1 - p) * stats.norm.sf(x)
        found = {
            "auroc": float(stats.norm.cdf(SEPARATION / np.sqrt(2))),
            "auroc_gap": float(
                stats.norm.cdf(SEPARATION / np.sqrt(2)) - stats.norm.cdf(RIVAL / np.sqrt(2))
            ),
            "average_precision": total(positive * above[0] / (above[0] + above[1])) / p,
            "brier": total(positive * (1 - score) ** 2 + negative * score**2),
            "log_loss": -total(positive * np.log(score) + negative * np.log1p(-score)),
            "sensitivity": sensitivity,
            "specificity": specificity,
            "ppv": hits / (hits + alarms),
            "npv": (1 - p) * specificity / (1 - hits - alarms),
            "flag_rate": hits + alarms,
            "positive_likelihood_ratio": sensitivity / (1 - specificity),
            "negative_likelihood_ratio": (1 - sensitivity) / specificity,
            "nne": (hits + alarms) / hits,
            "net_benefit": hits - alarms * self.threshold / (1 - self.threshold),
            "slope": 1 / self.slope,
            "intercept": -self.intercept / self.slope,
            "in_the_large": p / total((positive + negative) * score),
            "intercept_alone": float(optimize.brentq(recentred, -5, 5)),
        }
        return found | self._expected_errors(positive, negative, score)

    def _expected_errors(self, positive: Array, negative: Array, score: Array) -> dict[str, float]:
        """Return the L1 and L2 error over ten bins of equal mass."""
        step = self.grid[1] - self.grid[0]
        mass = (positive + negative) * step
        place = np.minimum((np.cumsum(mass) * BINS).astype(int), BINS - 1)
        share = np.bincount(place, mass, BINS)
        gap = np.bincount(place, mass * score - positive * step, BINS) / share
        return {
            "ece": float(share @ np.abs(gap)),
            "ece_debiased": float(np.sqrt(share @ gap**2)),
        }


BINARY = {p: Population(p) for p in (0.02, 0.1, 0.5)}
LINES = {
    "right": (0.0, 1.0),
    "too high": (1.0, 1.0),
    "too alike": (0.0, 0.4),
    "too far apart": (0.0, 1.8),
}
"""Scores by how they err: their logits about the prevalence's as intercept and slope."""
ERRING = {
    (name, p): Population(p, line[0] + (1 - line[1]) * float(special.logit(p)), line[1])
    for name, line in LINES.items()
    for p in BINARY
}


def clustered(
    rng: np.random.Generator, n: int, prevalence: float
) -> tuple[Array, NDArray[np.bool_], NDArray[np.int64]]:
    """Return markers of three cases a patient, half of their variance the patient's."""
    patient = np.arange(n) // 3
    label = rng.random(n) < prevalence
    own, shared = rng.standard_normal(n), rng.standard_normal(n)[patient]
    return SEPARATION * label + np.sqrt(0.5) * (own + shared), label, patient


def partly_verified(
    rng: np.random.Generator, n: int, prevalence: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], dict[str, float]]:
    """Return flags, who was verified, labels: all flagged cases and a fifth of the others."""
    label = rng.random(n) < prevalence
    flagged = rng.random(n) < np.where(label, 0.85, 0.1)
    verified = flagged | (rng.random(n) < 0.2)
    return flagged, verified, label, {"sensitivity": 0.85, "specificity": 0.9}


MIX = np.array([0.1, 0.2, 0.3, 0.4])
APART = 1.5


def classes(rng: np.random.Generator, n: int) -> tuple[Array, NDArray[np.int64], dict[str, float]]:
    """Return evidence for four classes (n, 4) and the true ones."""
    label = rng.choice(4, n, p=MIX)
    evidence = rng.standard_normal((n, 4))
    evidence[np.arange(n), label] += APART
    return evidence, label, _OF_CLASSES


def _of_classes() -> dict[str, float]:
    x = np.linspace(-8, 10, 20_001)
    right = integrate.simpson(stats.norm.pdf(x - APART) * stats.norm.cdf(x) ** 3, x=x)
    return {"macro_auroc": float(stats.norm.cdf(APART / np.sqrt(2))), "accuracy": float(right)}


_OF_CLASSES = _of_classes()
GRADES = np.array([0.4, 0.25, 0.15, 0.12, 0.08])
AGREEMENT = np.array(
    [
        [0.85, 0.12, 0.02, 0.01, 0.0],
        [0.15, 0.65, 0.15, 0.04, 0.01],
        [0.03, 0.20, 0.57, 0.15, 0.05],
        [0.01, 0.04, 0.20, 0.60, 0.15],
        [0.0, 0.01, 0.04, 0.20, 0.75],
    ]
)
"""Chance of each predicted grade (columns) given the true one (rows)."""


def agreed_grades(rng: np.random.Generator, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return predicted and true grades 0 to 4."""
    drawn = rng.choice(25, n, p=(GRADES[:, None] * AGREEMENT).ravel())
    return drawn % 5, drawn // 5


def _of_grades() -> dict[str, float]:
    share = (GRADES[:, None] * AGREEMENT).T
    gap = np.subtract.outer(np.arange(5), np.arange(5))
    chance = np.outer(share.sum(axis=1), share.sum(axis=0))
    return {
        "quadratic_weighted_kappa": 1 - float(np.sum(share * gap**2) / np.sum(chance * gap**2)),
        "within_one": float(share[np.abs(gap) <= 1].sum()),
        "grade_bias": float(np.sum(share * gap)),
    }


AGREED = _of_grades()
SPREAD = 0.5


def durations(rng: np.random.Generator, n: int) -> tuple[Array, Array, dict[str, float]]:
    """Return predicted and observed stays in days, log-normal about .9 times the prediction."""
    predicted = np.exp(1.2 + 0.5 * rng.standard_normal(n))
    noise = np.exp(SPREAD * rng.standard_normal(n) - SPREAD**2 / 2)
    return predicted, 0.9 * predicted * noise, _OF_DURATIONS


def _of_durations() -> dict[str, float]:
    first, second = np.exp(1.2 + 0.125), np.exp(2.4 + 0.5)
    z = np.linspace(-9, 9, 40_001)
    ratio = 1 - 0.9 * np.exp(SPREAD * z - SPREAD**2 / 2)
    weight = stats.norm.pdf(z)
    absolute = first * float(integrate.simpson(weight * np.abs(ratio), x=z))
    square = second * float(integrate.simpson(weight * ratio**2, x=z))
    bias = 0.1 * first
    sd = np.sqrt(square - bias**2)
    observed = 0.81 * second * np.exp(SPREAD**2) - (0.9 * first) ** 2
    return {
        "mae": absolute,
        "bias": bias,
        "rmse": float(np.sqrt(square)),
        "calibration_slope": 0.9,
        "calibration_intercept": 0.0,
        "limit_of_agreement_low": float(bias - 1.96 * sd),
        "limit_of_agreement_high": float(bias + 1.96 * sd),
        "r_squared": float(0.81 * (second - first**2) / observed),
    }


_OF_DURATIONS = _of_durations()
FEATURE = numeric_bins("x", np.random.default_rng(3).standard_normal(20_000))


@dataclass(frozen=True)
class Moved:
    """What became of a standard normal feature: its mean and its standard deviation."""

    mean: float
    sd: float

    def draw(self, rng: np.random.Generator, n: int) -> Array:
        """Return current values."""
        return self.mean + self.sd * rng.standard_normal(n)


DRIFTS = {"none": Moved(0.0, 1.0), "mild": Moved(0.3, 1.1), "strong": Moved(0.7, 1.2)}


def true_distances(reference: FeatureCounts, now: Moved) -> dict[str, float]:
    """Return the true distances over the reference's cells (KS, Wasserstein: over its bins)."""
    bins = reference.bins
    ends = np.concatenate([[-np.inf], bins.edges, [np.inf]])
    p = np.diff(stats.norm.cdf(ends))
    q = np.diff(stats.norm.cdf((ends - now.mean) / now.sd))
    gap = np.abs(np.cumsum(q - p))
    member = bins.cells(reference.counts)
    p, q = np.bincount(member, p), np.bincount(member, q)
    middle = (p + q) / 2
    divergence = np.sum(special.rel_entr(p, middle) + special.rel_entr(q, middle)) / 2 / np.log(2)
    return {
        "psi": float(np.sum((q - p) * np.log(q / p))),
        "jensen_shannon": float(np.sqrt(divergence)),
        "ks": float(gap.max()),
        "wasserstein": float(gap[:-1] @ np.diff(bins.centres)),
    }
