"""The edges of the bins that scores are counted in: from the reference, and coarse ones of them."""

import hashlib

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from aiops_pipelines.statistics.arguments import FloatArray, probability, real, refuse

QUANTILES = 511
LOGITS = np.linspace(-16, 16, 513)
COARSE_BINS = 125


def reference_edges(scores: ArrayLike, operating_points: ArrayLike = ()) -> FloatArray:
    """Return bin edges in rising order: quantiles of reference scores, logits, operating points.

    Bin i holds scores in [edges[i-1], edges[i]); bin 0 what lies below the first edge.

    Raises ValueError for scores or operating points outside [0, 1].
    """
    reference = probability("scores", scores)
    points = probability("operating_points", operating_points)
    parts = [special.expit(LOGITS), points]
    if len(reference):
        parts.append(np.quantile(reference, np.linspace(0, 1, QUANTILES)))
    edges = np.concatenate(parts)
    return np.unique(edges[edges > 0])


def coarse_edges(edges: FloatArray, operating_points: ArrayLike = ()) -> FloatArray:
    """Return about COARSE_BINS of `edges`, the operating points among them: for subgroups.

    Raises ValueError for edges that do not rise, or operating points outside [0, 1].
    """
    bounds, points = rising_edges(edges), probability("operating_points", operating_points)
    step = max(1, len(bounds) // COARSE_BINS)
    return np.unique(np.concatenate([bounds[::step], points[points > 0]]))


def edges_digest(edges: FloatArray) -> str:
    """Return what identifies these edges: histograms of other edges can't be added.

    Raises ValueError for NaN or infinity.
    """
    return hashlib.sha256(np.ascontiguousarray(real("edges", edges)).tobytes()).hexdigest()[:16]


def rising_edges(edges: ArrayLike) -> FloatArray:
    """Return edges as float64; raise ValueError unless they rise strictly within (0, 1]."""
    bounds = probability("edges", edges)
    lower = np.concatenate([[0.0], bounds[:-1]])
    refuse("edges", "must rise strictly, from above 0", bounds <= lower, bounds)
    return bounds
