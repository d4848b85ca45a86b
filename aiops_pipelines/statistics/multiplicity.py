"""Many tests at once: which of them may be called discoveries.

Knows e-values or p-values; hands on which are rejected and at what level each was tested. e-BH
needs no independence; LORD++ and SAFFRON need p-values valid given the past, so never those of
overlapping windows.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import (
    BoolArray,
    FloatArray,
    numbers,
    probability,
    refuse,
)
from aiops_pipelines.statistics.daily_counts import open_unit


@dataclass(frozen=True, slots=True)
class Discoveries:
    """What a multiple test decided, in the order of its input.

    `levels` are significance levels: rejected is where p <= level, or e >= 1 / level.
    """

    rejected: BoolArray
    levels: FloatArray


def e_bh(e_values: ArrayLike, level: float = 0.05) -> Discoveries:
    """Return the e-BH discoveries: false discovery rate at most `level` under any dependence.

    `e_values` has shape (tests,), infinity allowed. Source: Wang & Ramdas (2022).
    """
    open_unit("level", level)
    evidence = numbers("e_values", e_values)
    if evidence.ndim != 1:
        raise ValueError(f"e_values: must be one-dimensional, has shape {evidence.shape}")
    refuse("e_values", "must be a number not below 0", ~(evidence >= 0), evidence)
    inverse = np.where(evidence > 0, 1 / np.maximum(evidence, np.finfo(float).tiny), np.inf)
    return _step_up(inverse, level)


def benjamini_hochberg(p_values: ArrayLike, level: float = 0.05) -> Discoveries:
    """Return the discoveries of Benjamini & Hochberg (1995); for independent p-values."""
    open_unit("level", level)
    return _step_up(probability("p_values", p_values), level)


def lord(p_values: ArrayLike, level: float = 0.05) -> Discoveries:
    """Return the LORD++ discoveries, tested one after another (Ramdas et al. 2017).

    Defaults of R's onlineFDR: gamma of Javanmard & Montanari (2018), equation 31; initial wealth
    level / 10.
    """
    open_unit("level", level)
    observed = probability("p_values", p_values)
    order = np.arange(1, len(observed) + 1)
    spread = order * np.exp(np.sqrt(np.log(order)))
    gamma: FloatArray = 0.07720838 * np.log(np.maximum(order, 2)) / spread
    wealth = level / 10

    def tested_at(index: int, rejections: list[int]) -> float:
        return _spent(gamma, index, [index - earlier - 1 for earlier in rejections], wealth, level)

    return _one_after_another(observed, tested_at)


def saffron(p_values: ArrayLike, level: float = 0.05) -> Discoveries:
    """Return the SAFFRON discoveries, tested one after another (Ramdas et al. 2018).

    Defaults of R's onlineFDR: candidates below lambda = 0.5, gamma proportional to j^-1.6, initial
    wealth level / 2.
    """
    open_unit("level", level)
    observed = probability("p_values", p_values)
    candidate = 0.5
    order = np.arange(1, len(observed) + 1, dtype=np.float64)
    gamma: FloatArray = 0.4374901658 * np.power(order, -1.6)
    candidates = np.concatenate([[0], np.cumsum(observed <= candidate)])

    def tested_at(index: int, rejections: list[int]) -> float:
        waits = [
            index - earlier - 1 - int(candidates[index] - candidates[earlier + 1])
            for earlier in rejections
        ]
        own = index - int(candidates[index])
        return min(candidate, (1 - candidate) * _spent(gamma, own, waits, level / 2, level))

    return _one_after_another(observed, tested_at)


def _step_up(p_values: FloatArray, level: float) -> Discoveries:
    tests = len(p_values)
    if not tests:
        return Discoveries(np.zeros(0, dtype=np.bool_), np.zeros(0))
    passed = np.sort(p_values) <= level * np.arange(1, tests + 1) / tests
    count = int(np.flatnonzero(passed)[-1]) + 1 if passed.any() else 0
    cut = level * max(count, 1) / tests
    return Discoveries(p_values <= cut, np.full(tests, cut))


def _spent(gamma: FloatArray, own: int, waits: list[int], wealth: float, level: float) -> float:
    """Return the level bought with the start's wealth and with what each rejection earned."""
    earned = math.fsum(level * gamma[wait] for wait in waits)
    first = wealth * gamma[waits[0]] if waits else 0.0
    return float(wealth * gamma[own] + earned - first)


def _one_after_another(
    p_values: FloatArray, tested_at: Callable[[int, list[int]], float]
) -> Discoveries:
    rejections: list[int] = []
    levels = np.zeros(len(p_values))
    for index, p_value in enumerate(p_values.tolist()):
        levels[index] = tested_at(index, rejections)
        if p_value <= levels[index]:
            rejections.append(index)
    return Discoveries(p_values <= levels, levels)
