"""The risk tier of a system, computed from three facts by a rule that is written down.

autonomy  how far the output acts alone   informs 1, recommends 2, triages 3, acts 4
harm      what a wrong output can do       none 1, minor 2, serious 3, death 4
reach     cases a year                     under 1,000: 1, under 50,000: 2, more: 3

The score is autonomy * harm + reach. Tier 1 (critical) from 11, tier 2 (high) from 8, tier 3
(moderate) from 5, else tier 4 (low). Whatever may contribute to a death is never below tier 2.
The two axes autonomy and severity follow IMDRF's SaMD risk framework (2014); the third adds
exposure.
"""

from enum import IntEnum
from typing import Literal

from pydantic import Field

from aiops_pipelines.portfolio.model import Record

Autonomy = Literal["informs", "recommends", "triages", "acts"]
Harm = Literal["none", "minor", "serious", "death"]

_AUTONOMY: dict[Autonomy, int] = {"informs": 1, "recommends": 2, "triages": 3, "acts": 4}
_HARM: dict[Harm, int] = {"none": 1, "minor": 2, "serious": 3, "death": 4}


class RiskTier(IntEnum):
    """Tiers from 1 (critical) to 4 (low)."""

    CRITICAL = 1
    HIGH = 2
    MODERATE = 3
    LOW = 4


class Risk(Record):
    """The three facts that decide the tier."""

    autonomy: Autonomy
    harm: Harm
    cases_per_year: int = Field(ge=0)

    @property
    def tier(self) -> RiskTier:
        """Return the tier by the rule of this module."""
        reach = 1 if self.cases_per_year < 1_000 else 2 if self.cases_per_year < 50_000 else 3
        score = _AUTONOMY[self.autonomy] * _HARM[self.harm] + reach
        if score >= 11:
            return RiskTier.CRITICAL
        if score >= 8 or self.harm == "death":
            return RiskTier.HIGH
        return RiskTier.MODERATE if score >= 5 else RiskTier.LOW
