"""The base of every portfolio record: unknown keys are refused, records don't change."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
"""Lower-case letters, digits and hyphens: safe in file names, partition keys and links."""

ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Lower-case letters, digits and underscores: safe as a column of every table."""

ColumnChoice = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z][a-z0-9_]{0,62})$")]
"""A column's name, or "*" for each."""

IN_WORDS: Mapping[str, str] = {
    r"^[a-z][a-z0-9-]{1,62}$": "lower-case letters, digits and hyphens, a letter first",
    r"^[a-z][a-z0-9_]{0,62}$": "lower-case letters, digits and underscores, a letter first",
}
"""What a pattern asks for, in words."""

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError(f"unknown time zone {value!r}; use a name such as America/Chicago")
    return value


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""An IANA time zone's name."""


class Record(BaseModel):
    """A frozen record of the portfolio: unknown keys, NaN and infinity are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False
    )


@cache
def known_keys() -> tuple[str, ...]:
    """Return the keys that any record of the portfolio takes, as YAML writes them."""
    return tuple(sorted(set(_keys(Record))))


def _keys(record: type[Record]) -> Iterator[str]:
    for name, field in record.model_fields.items():
        yield field.alias or name
    for kind in record.__subclasses__():
        yield from _keys(kind)
