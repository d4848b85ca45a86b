"""The count to expect next, of counts like earlier ones: cases of a weekday, say."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import FloatArray, confidence_level, nonnegative
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.tails import student_quantile


def count_forecast(
    history: ArrayLike, others: Sequence[ArrayLike] = (), level: float = 0.95
) -> Estimate:
    """Return the mean of the counts `history` (n,) and the interval that holds the next one.

    Square roots of counts are about normal with variance 1/4 (Anscombe, 1948), whatever their
    mean; the variance is estimated where counts vary more than Poisson's, with the `others`
    (series of other means) each about its own, and the interval is Student's. No value without an
    earlier count.

    Raises ValueError for counts that are negative, NaN or infinite.
    """
    method = f"{confidence_level(level):.3%} prediction interval"
    roots, *further = (_roots(name, counts) for name, counts in _named(history, others))
    if not len(roots):
        return Estimate.missing(0, None, method)
    repeated = [each for each in (roots, *further) if len(each) > 1]
    freedom = max(sum(len(each) - 1 for each in repeated), 1)
    squares = sum(float(np.sum((each - each.mean()) ** 2)) for each in repeated)
    spread = np.sqrt(max(squares / freedom, 0.25) * (1 + 1 / len(roots)))
    reach = float(spread) * student_quantile((1 + level) / 2, freedom)
    middle = float(roots.mean())
    low, high = max(0.0, middle - reach) ** 2, (middle + reach) ** 2
    mean = float(np.mean(np.asarray(history, np.float64)))
    return Estimate(mean, min(low, mean), max(high, mean), None, len(roots), None, method)


def _named(history: ArrayLike, others: Sequence[ArrayLike]) -> list[tuple[str, ArrayLike]]:
    return [("history", history), *(("others", counts) for counts in others)]


def _roots(name: str, counts: ArrayLike) -> FloatArray:
    root: FloatArray = np.sqrt(nonnegative(name, counts) + 0.375)
    return root
