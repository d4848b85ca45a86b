"""Average precision without the bias of few positives, and how far it is off by chance.

Each positive counts among those at or above itself, so that a sample of 22 positives is .017 too
good on average where the population has .517. Source: Quenouille (1956) for the jackknife's bias,
Efron & Stein (1981) for its variance. The figure that people read stays the usual one.
"""

import math

import numpy as np

from aiops_pipelines.statistics.arguments import FloatArray, IntArray
from aiops_pipelines.statistics.estimate import Estimate


def jackknifed_average_precision(positive: IntArray, negative: IntArray) -> Estimate:
    """Return the bias-corrected average precision of counts per bin in rising order of score.

    The standard error is that of so many cases of both classes, their mix as random as they come.
    No interval; the value may lie outside [0, 1]. None with under two positives or no negative.
    """
    p, q = positive[::-1].astype(np.float64), negative[::-1].astype(np.float64)
    events, n = int(p.sum()), int(p.sum() + q.sum())
    method = "average precision, step, jackknifed"
    if events < 2 or events == n:
        return Estimate.missing(n, events, method)
    value, without_positive, without_negative = _left_out(p, q)
    left = np.concatenate([without_positive, without_negative])
    cases = np.concatenate([p, q])
    mean = float(cases @ left) / n
    variance = (n - 1) / n * float(cases @ (left - mean) ** 2)
    corrected = value - (n - 1) * (mean - value)
    return Estimate(corrected, None, None, math.sqrt(variance), n, events, method)


def _left_out(p: FloatArray, q: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return the average precision, and without a positive or a negative of each bin: (bins,) each.

    Bins come in falling order of score. A case left out of a bin changes the precision there and
    in every later one: sums before a bin and after it give all of them at once.
    """
    found, flagged, events = np.cumsum(p), np.cumsum(p + q), float(p.sum())
    less = np.maximum(flagged - 1, 1.0)
    whole = p * found / np.maximum(flagged, 1.0)
    fewer_found, fewer_flagged = p * (found - 1) / less, p * found / less
    before = np.cumsum(whole) - whole
    after = fewer_found.sum() - np.cumsum(fewer_found)
    without_positive = (before + (p - 1) * (found - 1) / less + after) / (events - 1)
    since = fewer_flagged.sum() - np.cumsum(fewer_flagged) + fewer_flagged
    return float(whole.sum()) / events, without_positive, (before + since) / events
