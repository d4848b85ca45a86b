"""How likely each case is of the current period rather than the reference: told out of fold."""

from typing import Any

import numpy as np

from aiops_pipelines.statistics.arguments import FloatArray

FOLDS = 5


def chance_of_current(
    reference: FloatArray, current: FloatArray, seed: int, **settings: Any
) -> FloatArray:
    """Return the chance (n + m,) of being current, of `reference` (n, k), then `current` (m, k).

    From a boosted classifier with these `settings`, fitted once a fold; no case votes on its own
    chance. One thread: systems are worked on side by side, and threads that wait for each other on
    busy cores take a hundred times as long.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    origin = np.repeat([0, 1], [len(reference), len(current)])
    model = HistGradientBoostingClassifier(random_state=seed, **settings)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    rows = np.vstack([reference, current])
    with threadpool_limits(1):
        chance = cross_val_predict(model, rows, origin, cv=folds, method="predict_proba")
    of_current: FloatArray = chance[:, 1]
    return of_current
