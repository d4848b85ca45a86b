"""How long until a figure with too little data has enough, and whether it ever will.

A window of mature days slides: once it is full, waiting brings no more cases, and only a longer
window, more labels or a lower minimum would help. That is said instead of a date.
"""

import math

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.portfolio import Limit, System
from aiops_pipelines.reports import wording
from aiops_pipelines.verdict import Verdict


def outlook(figure: Figure, system: System) -> str:
    """Return when the figure will rest on enough cases, "" where it does or nobody can say."""
    limit = _limit_of(figure, system)
    if figure.verdict is not Verdict.INSUFFICIENT_DATA or limit is None:
        return ""
    mature, pending = figure.n_mature or 0, figure.n_pending or 0
    lacking = limit.minimum_n - mature
    if lacking <= 0 or 0 < mature < 11:
        return ""
    wait = wording.plural(system.truth.mature_after_days, "day")
    span = _span(figure)
    if span == 0 and mature:
        return ""
    if mature == 0:
        return f"labels mature after {wait}; then it can be judged" if pending >= lacking else ""
    if span >= limit.window_days:
        return (
            f"its window of {wording.plural(limit.window_days, 'day')} is full and holds too few: "
            "waiting will not help, a longer window or more labels would"
        )
    days = math.ceil(lacking * span / mature)
    if span + days > limit.window_days:
        return "at this pace its window will be full before it holds enough"
    return f"enough in about {wording.plural(days, 'day')} at this pace"


def _span(figure: Figure) -> int:
    if figure.window_from is None or figure.window_to is None:
        return 0
    return (figure.window_to - figure.window_from).days + 1


def _limit_of(figure: Figure, system: System) -> Limit | None:
    for limit in system.all_limits:
        if (limit.metric, limit.operating_point, limit.window_days) == (
            figure.metric,
            figure.operating_point,
            figure.window,
        ):
            return limit
    return None
