"""What a report needs to know of an open incident, whoever keeps it."""

from datetime import date, datetime
from typing import Protocol


class OpenIncident(Protocol):
    """One incident as a report shows it. Clocks are aware times, None where none runs."""

    @property
    def id(self) -> int:
        """Return the desk's number."""
        ...

    @property
    def system(self) -> str:
        """Return the system's id."""
        ...

    @property
    def check(self) -> str:
        """Return the check that failed."""
        ...

    @property
    def area(self) -> str:
        """Return the area of the check."""
        ...

    @property
    def severity(self) -> str:
        """Return how grave it is, in the desk's words."""
        ...

    @property
    def status(self) -> str:
        """Return where it stands: open, acknowledged, ...."""
        ...

    @property
    def opened(self) -> date:
        """Return the day it was opened."""
        ...

    @property
    def summary(self) -> str:
        """Return what is wrong, in a sentence."""
        ...

    @property
    def acknowledge_by(self) -> datetime | None:
        """Return when somebody must have taken it."""
        ...

    @property
    def resolve_by(self) -> datetime | None:
        """Return when it must be resolved."""
        ...
