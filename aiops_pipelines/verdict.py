"""The answers a monitored figure can have, and how several become one."""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What a figure says against its limit. Not enough data is never a pass.

    A figure that no limit judges is information: it is "not judged", which is no pass either.
    """

    NOT_JUDGED = "not judged"
    OK = "ok"
    INSUFFICIENT_DATA = "insufficient data"
    WARN = "warn"
    BREACH = "breach"

    @property
    def gravity(self) -> int:
        """Return the rank for `worst`: ok 0, insufficient data 1, warn 2, breach 3.

        What is not judged has -1.
        """
        return list(Verdict).index(self) - 1


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest verdict of what is judged; of nothing judged, insufficient data."""
    judged = [verdict for verdict in verdicts if verdict is not Verdict.NOT_JUDGED]
    return max(judged, key=lambda v: v.gravity, default=Verdict.INSUFFICIENT_DATA)
