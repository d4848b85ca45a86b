"""Trailing windows over many days at once: each window is the difference of two running sums."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from aiops_pipelines.statistics.arguments import whole
from aiops_pipelines.statistics.histogram import Histogram


def trailing(histograms: Sequence[Histogram], days: int) -> list[Histogram]:
    """Return, for each of `histograms` (one a day, in order), the sum of it and the days before.

    A window holds `days` days; the first ones hold what there is. Counts are exact; the sums of
    floats are within rounding of `Histogram.merge`.

    Raises ValueError for fewer than one day, or histograms of different edges.
    """
    days = whole("days", days, least=1)
    if not histograms:
        return []
    edges = histograms[0].edges
    for index, day in enumerate(histograms):
        if day.edges is not edges and not np.array_equal(day.edges, edges):
            raise ValueError(f"edges: differ from the first day's; first offending index {index}")
    names = [field.name for field in fields(Histogram) if field.name != "edges"]
    windows = {}
    for name in names:
        total = np.cumsum([getattr(day, name) for day in histograms], axis=0)
        total[days:] -= total[:-days].copy()
        windows[name] = total
    labelled = windows["positive"] + windows["negative"]
    for name, total in windows.items():
        if total.dtype == np.float64:
            held = windows["unlabelled"] if name.startswith("unlabelled") else labelled
            total[held == 0] = 0.0
    columns = [windows[name] for name in names]
    return [Histogram(edges, *rows) for rows in zip(*columns, strict=True)]
