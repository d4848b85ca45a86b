"""The four answers a monitored figure can have, and how several become one."""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What a figure says against its limit. Not enough data is never a pass."""

    OK = "ok"
    INSUFFICIENT_DATA = "insufficient data"
    WARN = "warn"
    BREACH = "breach"

    @property
    def gravity(self) -> int:
        """Return the rank for `worst`: ok 0, insufficient data 1, warn 2, breach 3."""
        return list(Verdict).index(self)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest verdict; of none at all, insufficient data."""
    return max(verdicts, key=lambda v: v.gravity, default=Verdict.INSUFFICIENT_DATA)
