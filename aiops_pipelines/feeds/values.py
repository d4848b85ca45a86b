"""A column of a file, text or typed, as text, numbers or instants of time: whole columns at once.

Codes that mean "no value" become missing, the file's codes become ours, and what can't be read is
marked rather than raised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.portfolio import FeedBase

INSTANT = pa.timestamp("us", tz="UTC")

_NUMBER = r"^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|(?i:nan|inf|infinity))$"
_DATE_TIME = (
    r"^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:[.]\d+)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?)?$"
)
_HAS_ZONE = r":\d\d(?:[.]\d+)? ?(?:Z|[+-]\d\d(?::?\d\d)?)$"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers (float64, NaN where there is none) and what keeps them from being one."""

    values: np.ndarray
    missing: np.ndarray
    unreadable: np.ndarray


@dataclass(frozen=True, slots=True)
class Instants:
    """Microseconds since 1970 in UTC (int64, 0 where there are none) and why there are none."""

    values: np.ndarray
    missing: np.ndarray
    unreadable: np.ndarray

    def to_arrow(self) -> pa.Array:
        """Return timestamps in UTC, null where there is none."""
        return pa.array(self.values, pa.int64(), mask=self.missing | self.unreadable).cast(INSTANT)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file under our names, with the feed that says how to read them."""

    raw: Mapping[str, pa.ChunkedArray]
    feed: FeedBase
    rows: int

    def __contains__(self, name: object) -> bool:
        return name in self.raw

    def text(self, name: str) -> pa.Array:
        """Return a column as text: trimmed, codes mapped to ours, null where nothing is said."""
        if name not in self.raw:
            return pa.nulls(self.rows, pa.string())
        column = _plain(self.raw[name]).cast(pa.string())
        trimmed = pc.utf8_trim_whitespace(column)
        codes = [code.strip() for code in self.feed.missing.get(name, ())]
        nothing = pc.is_in(trimmed, value_set=pa.array(["", *codes], pa.string()))
        text = pc.if_else(nothing, pa.scalar(None, pa.string()), trimmed)
        return _mapped(text, self.feed.values.get(name, {}))

    def number(self, name: str) -> Numbers:
        """Return a column as numbers; a code for "no value" also counts when written otherwise."""
        if name not in self.raw:
            every = np.ones(self.rows, bool)
            return Numbers(np.full(self.rows, np.nan), every, ~every)
        column = _plain(self.raw[name])
        typed = _is_number(column.type) and name not in self.feed.values
        parsed = _typed_numbers(column) if typed else _parsed_numbers(self.text(name))
        codes = _parsed_numbers(pa.array(self.feed.missing.get(name, ()), pa.string())).values
        missing = parsed.missing | np.isin(parsed.values, _stated(codes))
        return Numbers(np.where(missing, np.nan, parsed.values), missing, parsed.unreadable)

    def declared_missing(self, name: str) -> np.ndarray:
        """Return where the column holds one of the codes that the feed lists as no value."""
        codes = [code.strip() for code in self.feed.missing.get(name, ())]
        if not codes or name not in self.raw:
            return np.zeros(self.rows, bool)
        text = pc.utf8_trim_whitespace(_plain(self.raw[name]).cast(pa.string())).fill_null("")
        said = pc.is_in(text, value_set=pa.array(codes, pa.string())).to_numpy(False)
        numbers = _parsed_numbers(pa.array(codes, pa.string())).values
        found: np.ndarray = said | np.isin(_parsed_numbers(text).values, _stated(numbers))
        return found

    def instant(self, name: str) -> Instants:
        """Return a column as instants; times without an offset are in the feed's time zone.

        A clock time that occurs twice when summer time ends is taken as the first, one that is
        left out when it starts as the moment of the change.
        """
        zone = ZoneInfo(self.feed.time_zone)
        column = _plain(self.raw[name])
        if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
            missing = pc.is_null(column).to_numpy(zero_copy_only=False)
            return Instants(_typed_instants(column, zone), missing, np.zeros(self.rows, bool))
        text = self.text(name)
        missing = pc.is_null(text).to_numpy(zero_copy_only=False)
        values, readable = _parsed_instants(text, zone)
        return Instants(values, missing, ~readable & ~missing)


def positions_in(text: pa.Array, words: Sequence[str]) -> Numbers:
    """Return each text's position in `words`; unreadable where it is none of them."""
    found = pc.index_in(text, value_set=pa.array(words, pa.string()))
    values = found.cast(pa.float64()).to_numpy(zero_copy_only=False)
    missing = pc.is_null(text).to_numpy(zero_copy_only=False)
    return Numbers(values, missing, np.isnan(values) & ~missing)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _stated(numbers: np.ndarray) -> np.ndarray:
    stated: np.ndarray = numbers[~np.isnan(numbers)]
    return stated


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_floating(kind)
        or types.is_integer(kind)
        or types.is_boolean(kind)
        or types.is_decimal(kind)
    )


def _mapped(text: pa.Array, codes: Mapping[str, str]) -> pa.Array:
    if not codes:
        return text
    position = pc.index_in(text, value_set=pa.array(list(codes), pa.string()))
    ours = pa.array(list(codes.values()), pa.string()).take(position)
    return pc.coalesce(ours, text)


def _typed_numbers(column: pa.Array) -> Numbers:
    values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(float)
    return Numbers(values, np.isnan(values), np.zeros(values.size, bool))


def _parsed_numbers(text: pa.Array) -> Numbers:
    missing = pc.is_null(text).to_numpy(zero_copy_only=False)
    unreadable = np.zeros(missing.size, bool)
    try:
        numbers = text.cast(pa.float64())
    except pa.ArrowInvalid:
        readable = pc.match_substring_regex(text, _NUMBER)
        unreadable = ~readable.fill_null(True).to_numpy(zero_copy_only=False)
        numbers = pc.if_else(readable, text, pa.scalar(None, pa.string())).cast(pa.float64())
    values = numbers.to_numpy(zero_copy_only=False).astype(float)
    return Numbers(values, missing | (np.isnan(values) & ~unreadable), unreadable)


def _typed_instants(column: pa.Array, zone: tzinfo) -> np.ndarray:
    aware = pa.types.is_timestamp(column.type) and column.type.tz is not None
    kind = pa.timestamp("us", tz=column.type.tz) if aware else pa.timestamp("us")
    clock = column.cast(kind, safe=False).cast(pa.int64()).fill_null(0).to_numpy()
    return clock if aware else _in_zone(clock, zone)


def _parsed_instants(text: pa.Array, zone: tzinfo) -> tuple[np.ndarray, np.ndarray]:
    """Return instants and which are readable: at once if all are alike, else one by one."""
    kinds = [pa.timestamp("us"), INSTANT]
    # A cast that fails costs far more than one that works: the first text says which to try first.
    if pc.match_substring_regex(text.drop_null()[:1], _HAS_ZONE).to_pylist() == [True]:
        kinds.reverse()
    for kind in kinds:
        try:
            found = text.cast(kind)
        except pa.ArrowInvalid:
            continue
        readable = pc.is_valid(found).to_numpy(zero_copy_only=False)
        clock = found.cast(pa.int64()).fill_null(0).to_numpy()
        return (clock if kind is INSTANT else _in_zone(clock, zone)), readable
    shaped = pc.match_substring_regex(text, _DATE_TIME)
    series = pc.if_else(shaped, text, pa.scalar(None, pa.string())).to_pandas()
    moments = pd.to_datetime(series, format="ISO8601", utc=True, errors="coerce")
    readable = moments.notna().to_numpy()
    clock = moments.dt.as_unit("us").astype("int64").to_numpy()
    clock = np.where(readable, clock, 0)
    has_zone = pc.match_substring_regex(text, _HAS_ZONE).fill_null(False)
    return np.where(has_zone.to_numpy(zero_copy_only=False), clock, _in_zone(clock, zone)), readable


def _in_zone(clock: np.ndarray, zone: tzinfo) -> np.ndarray:
    """Return the instants of clock times (both int64 microseconds) in `zone`."""
    if str(zone) == "UTC":
        return clock
    times = pd.DatetimeIndex(clock.view("datetime64[us]"))
    first = np.ones(clock.size, bool)
    placed = times.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return placed.as_unit("us").asi8
