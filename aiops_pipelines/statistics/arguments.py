"""Checks of arguments shared by all statistics: every refusal names argument, rule and index."""

import math
from decimal import Decimal
from numbers import Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Element = TypeVar("Element", bound=np.generic)

MOST = 2.0**53
"""The largest count up to which a float holds every whole number."""
MANY = 100_000
"""More bins, categories or replicates than that are a mistake, and would not fit into memory."""


def refuse(name: str, rule: str, broken: NDArray[np.bool_], values: NDArray[Any]) -> None:
    """Raise ValueError naming argument, rule and the first index where `broken` is true."""
    if broken.any():
        index = int(np.flatnonzero(broken)[0])
        raise ValueError(f"{name}: {rule}; first offending index {index} (value {values[index]!r})")


def _array(values: ArrayLike) -> NDArray[Any]:
    """Return `values` as an array that still holds numbers where a list mixed them with text."""
    array = np.asarray(values)
    return np.asarray(values, dtype=object) if array.dtype.kind in "SU" else array


def vector(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return `values` as an array of one dimension; raise ValueError for another shape."""
    array = _array(values)
    if array.ndim != 1:
        raise ValueError(f"{name}: must be one-dimensional, has shape {array.shape}")
    return array


def numbers(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as float64 of any shape, None as NaN; ValueError at the first other thing.

    Text is none, not even "1": who wrote it may mean another coding.
    """
    array = _array(values)
    if array.dtype.kind not in "biufO":
        raise ValueError(f"{name}: must be numbers, is {array.dtype}")
    if array.dtype.kind == "O":
        flat = array.ravel()
        broken = [not (each is None or is_number(each)) for each in flat]
        refuse(name, "must be numbers", np.array(broken, bool), flat)
    return array.astype(np.float64, copy=False)


def is_number(value: object) -> bool:
    """Return whether `value` is one real number, of Python's or numpy's."""
    return isinstance(value, Real | Decimal | np.bool_)


def real(name: str, values: ArrayLike, largest: float = math.inf) -> FloatArray:
    """Return `values` as a float64 vector; raise ValueError at the first NaN or infinity.

    Nor may a value exceed `largest` in size: powers of it are to be held by a float.
    """
    array = numbers(name, vector(name, values))
    refuse(name, "must be finite", ~np.isfinite(array), array)
    if largest < math.inf:
        refuse(name, f"must not exceed {largest:g} in size", np.abs(array) > largest, array)
    return array


def table(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as float64 of any shape, finite; raise ValueError at the first other."""
    array = numbers(name, values)
    return real(name, array.ravel()).reshape(array.shape)


def probability(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as float64 in [0, 1]; raise ValueError at the first outside."""
    array = real(name, values)
    refuse(name, "must be a probability in [0, 1]", (array < 0) | (array > 1), array)
    return array


def binary(name: str, values: ArrayLike) -> BoolArray:
    """Return 0/1 or bool `values` as a bool vector; raise ValueError at the first other value."""
    array = vector(name, values)
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


def counts(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as float64, not below 0; ValueError for more than a float counts one by one.

    Counts need not be whole: an effective size seldom is.
    """
    array = nonnegative(name, values)
    refuse(name, "must not exceed 2^53", array > MOST, array)
    return array


def same_length(**arrays: NDArray[Any]) -> int:
    """Return the common length of the named vectors; raise ValueError when they differ."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        stated = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"shapes differ: {stated}")
    return next(iter(lengths.values()))


def whole(name: str, value: float, least: int = 0, most: float = MOST) -> int:
    """Return `value` as an int; raise ValueError unless it is whole, from `least` to `most`."""
    if not is_number(value) or not least <= value <= most or value != int(value):
        raise ValueError(
            f"{name}: must be a whole number from {least} to {most:,.0f}, is {value!r}"
        )
    return int(value)


def random_numbers(seed: int) -> np.random.Generator:
    """Return a generator of `seed`; raise ValueError unless it is a whole number from 0 on."""
    return np.random.default_rng(whole("seed", seed))


def confidence_level(level: float) -> float:
    """Return `level`; raise ValueError unless it lies strictly between 0 and 1."""
    if not is_number(level) or not 0 < level < 1:
        raise ValueError(f"level: must lie strictly between 0 and 1, is {level!r}")
    return level


def as_compiled(values: NDArray[Element]) -> NDArray[Element]:
    """Return `values` contiguous and read-only, the one layout that kernels are compiled for.

    A kernel compiles anew for each layout of an argument: one that came from Arrow is read-only,
    a column of a matrix is strided.
    """
    view = np.ascontiguousarray(values)[:]
    view.flags.writeable = False
    return view
