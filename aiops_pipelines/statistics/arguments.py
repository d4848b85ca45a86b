"""Checks of arguments shared by all statistics: every refusal names argument, rule and index."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


def refuse(name: str, rule: str, broken: NDArray[np.bool_], values: NDArray[Any]) -> None:
    """Raise ValueError naming argument, rule and the first index where `broken` is true."""
    if broken.any():
        index = int(np.flatnonzero(broken)[0])
        raise ValueError(f"{name}: {rule}; first offending index {index} (value {values[index]!r})")


def _vector(name: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name}: must be one-dimensional, has shape {array.shape}")
    return array


def real(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as a float64 vector; raise ValueError at the first NaN or infinity."""
    array = _vector(name, values)
    try:
        array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: must be numbers, is {array.dtype}") from error
    refuse(name, "must be finite", ~np.isfinite(array), array)
    return array


def probability(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as float64 in [0, 1]; raise ValueError at the first outside."""
    array = real(name, values)
    refuse(name, "must be a probability in [0, 1]", (array < 0) | (array > 1), array)
    return array


def binary(name: str, values: ArrayLike) -> BoolArray:
    """Return 0/1 or bool `values` as a bool vector; raise ValueError at the first other value."""
    array = _vector(name, values)
    if array.dtype == np.bool_:
        return array
    array = real(name, array)
    refuse(name, "must be 0 or 1", (array != 0) & (array != 1), array)
    flags: BoolArray = array == 1
    return flags


def nonnegative(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as float64 not below 0; raise ValueError at the first negative."""
    array = real(name, values)
    refuse(name, "must not be negative", array < 0, array)
    return array


def same_length(**arrays: NDArray[Any]) -> int:
    """Return the common length of the named vectors; raise ValueError when they differ."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        stated = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"shapes differ: {stated}")
    return next(iter(lengths.values()))


def confidence_level(level: float) -> float:
    """Return `level`; raise ValueError unless it lies strictly between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level: must lie strictly between 0 and 1, is {level!r}")
    return level


def as_compiled(values: FloatArray) -> FloatArray:
    """Return `values` contiguous and read-only, the one layout that kernels are compiled for.

    A kernel compiles anew for each layout of an argument: one that came from Arrow is read-only,
    a column of a matrix is strided.
    """
    view = np.ascontiguousarray(values)[:]
    view.flags.writeable = False
    return view
