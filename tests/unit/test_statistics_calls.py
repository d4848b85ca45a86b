"""Every public function by keyword, and each of its arguments broken in every way that applies.

Broken input is a ValueError of ours that names an argument, or a result without NaN or infinity:
never numpy's own error, a warning, or a number in disguise.
"""

import inspect
import math
import warnings
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from statistics_calls import CALLS, PUBLIC

from aiops_pipelines import statistics as s

HERE = Path(s.__file__).parent
NUMBERS = (math.nan, math.inf, -1.0, 1e300)
ALIASES = {
    "drift": ("values",),
    "numeric_bins": ("values",),
    "categorical_bins": ("values",),
    "decompose_shift": ("count",),
}
"""Arguments of inner functions that a message names instead."""


def full(name: str) -> dict[str, Any]:
    """Return the good call with level and seed spelled out."""
    known = inspect.signature(PUBLIC[name]).parameters
    common = {each: known[each].default for each in ("level", "seed") if each in known}
    return common | CALLS[name]


def floats(found: Any) -> Iterator[float]:
    """Yield every float within a result; documented NaN of `Proportions` left out."""
    if isinstance(found, float):
        yield float(found)
    elif isinstance(found, np.ndarray) and found.dtype.kind == "f":
        yield from found.ravel().tolist()
    elif isinstance(found, list | tuple):
        for each in found:
            yield from floats(each)
    elif is_dataclass(found) and not isinstance(found, s.Proportions):
        for field in fields(found):
            yield from floats(getattr(found, field.name))


def breakages(name: str, value: Any) -> Iterator[Any]:
    """Yield what may come instead of a good argument."""
    if isinstance(value, bool | str) or value is None:
        return
    if isinstance(value, int | float):
        yield from (*NUMBERS, 0, 1.5)
        return
    if not isinstance(value, list | np.ndarray) or not len(value):
        return
    yield value[:0]
    if isinstance(value[0], str) or is_dataclass(value[0]) or name in {"days", "others"}:
        return
    array = np.asarray(value, dtype=np.float64)
    yield from (array[:-1], array[None], ["x"] * len(array), [None] * len(array))
    yield from (np.zeros(array.shape), np.ones(array.shape))
    for number in NUMBERS:
        changed = array.copy()
        changed.flat[-1] = number
        yield changed


def outcome(name: str, arguments: dict[str, Any]) -> str | None:
    """Return what is wrong with the outcome of a call; None where it is a result or refusal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = PUBLIC[name](**arguments)
    except ValueError as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        ours = trace is not None and HERE in Path(trace.tb_frame.f_code.co_filename).parents
        named = (*arguments, *ALIASES.get(name, ()), "shapes differ")
        said = ":" in str(error) and any(each in str(error) for each in named)
        return None if ours and said else f"refused without naming an argument: {error}"
    except Exception as error:  # noqa: BLE001 the point of the test: nothing else may come out
        return f"{type(error).__name__}: {error}"
    wrong = [number for number in floats(found) if not math.isfinite(number)]
    return f"{wrong[0]} in the result" if wrong else None


def test_every_public_function_has_a_call() -> None:
    assert set(CALLS) == set(PUBLIC)


@pytest.mark.parametrize("name", CALLS)
def test_a_function_is_called_by_keyword(name: str) -> None:
    assert outcome(name, full(name)) is None


@pytest.mark.parametrize("name", sorted(set(CALLS) - {"domain_classifier"}))
def test_a_broken_argument_is_refused_by_name_or_has_a_finite_result(name: str) -> None:
    good = full(name)
    wrong = [
        f"{argument} = {broken!r}: {found}"
        for argument, value in good.items()
        for broken in breakages(argument, value)
        if (found := outcome(name, good | {argument: broken})) is not None
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name in CALLS if "level" in full(name)])
@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_a_level_that_is_no_share_is_refused(name: str, level: float) -> None:
    with pytest.raises(ValueError, match="level: must lie strictly between 0 and 1"):
        PUBLIC[name](**CALLS[name] | {"level": level})


@pytest.mark.parametrize("name", CALLS)
def test_nothing_at_all_has_no_value(name: str) -> None:
    empty = {
        argument: value[:0]
        for argument, value in CALLS[name].items()
        if isinstance(value, list | np.ndarray) and len(value)
    }
    if not empty:
        return
    assert outcome(name, CALLS[name] | empty) is None
    try:
        found = PUBLIC[name](**CALLS[name] | empty)
    except ValueError:
        return
    if isinstance(found, s.Estimate):
        assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)


def test_a_classifier_of_domains_refuses_what_has_no_number() -> None:
    good = full("domain_classifier")
    for broken in (good["reference"][:3], good["reference"] * math.inf, [["x"] * 2] * 12):
        assert outcome("domain_classifier", good | {"reference": broken}) is None
        with pytest.raises(ValueError, match=r"^reference"):
            PUBLIC["domain_classifier"](**good | {"reference": broken})
