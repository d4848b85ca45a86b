"""Sorting by digits, which beats comparing from some ten thousand keys on.

Knows keys and finite numbers; hands them back in rising order.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from aiops_pipelines.statistics.arguments import FloatArray

KeyArray = NDArray[np.uint64]

_DIGIT_BITS, _DIGITS = 10, 3
"""Thirty bits tell nearly all of a million scores apart; the few they don't are sorted after."""
_FEW = 20_000
"""Below this many keys numpy's sort is the faster one."""
_SIGN = np.iinfo(np.int64).min


def sorted_keys(keys: KeyArray, room: KeyArray, spare: int = 0) -> KeyArray:
    """Return `keys` (n,) in rising order but for their `spare` lowest bits, in `room` (n,).

    Keys that differ in those bits only come in no certain order; `keys` are overwritten.
    """
    if len(keys) < _FEW:
        room[:] = keys
        room.sort()
        return room
    return _radix_sorted(keys, room, np.uint64(spare))


def sorted_numbers(values: FloatArray) -> FloatArray:
    """Return finite `values` (n,) in rising order.

    The pattern of a float rises with it once the sign is turned, and of negatives all bits.
    """
    if len(values) < _FEW:
        return np.sort(values)
    bits = (values + 0.0).view(np.int64)
    keys = (bits ^ ((bits >> 63) | _SIGN)).view(np.uint64)
    ordered = sorted_keys(keys, np.empty_like(keys)).view(np.int64)
    return (ordered ^ (~(ordered >> 63) | _SIGN)).view(np.float64)


@njit(cache=True, error_model="numpy")
def _radix_sorted(keys: KeyArray, room: KeyArray, spare: np.uint64) -> KeyArray:
    """Return `keys` in rising order but for their `spare` lowest bits, in `room`.

    By three digits of their distance from the lowest key, the last one first; runs of keys that
    these digits can't tell apart are then sorted where they need it.
    """
    lowest, width = keys.min(), keys.max() - keys.min()
    bits = 0
    while bits < 64 and width >> np.uint64(bits):
        bits += 1
    cut = max(np.uint64(max(bits - _DIGIT_BITS * _DIGITS, 0)), spare)
    size = 1 << _DIGIT_BITS
    mask = np.uint64(size - 1)
    numbers = np.zeros((_DIGITS, size), np.int64)
    for i in range(len(keys)):
        prefix = (keys[i] - lowest) >> cut
        for digit in range(_DIGITS):
            numbers[digit, np.int64((prefix >> np.uint64(_DIGIT_BITS * digit)) & mask)] += 1
    source, target = keys, room
    for digit in range(_DIGITS):
        shift, place = cut + np.uint64(_DIGIT_BITS * digit), numbers[digit]
        place[:] = np.cumsum(place) - place
        for i in range(len(source)):
            value = np.int64(((source[i] - lowest) >> shift) & mask)
            target[place[value]] = source[i]
            place[value] += 1
        source, target = target, source
    _sort_within_runs(source, lowest, cut, spare)
    return source


@njit(cache=True, error_model="numpy")
def _sort_within_runs(keys: KeyArray, lowest: np.uint64, cut: np.uint64, spare: np.uint64) -> None:
    i = 1
    while i < len(keys):
        if keys[i] >> spare >= keys[i - 1] >> spare:
            i += 1
            continue
        prefix = (keys[i] - lowest) >> cut
        first, last = i - 1, i + 1
        while first > 0 and (keys[first - 1] - lowest) >> cut == prefix:
            first -= 1
        while last < len(keys) and (keys[last] - lowest) >> cut == prefix:
            last += 1
        keys[first:last] = np.sort(keys[first:last])
        i = last
