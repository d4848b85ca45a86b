"""How grave an incident is, and when it is due: the rule, written down.

The severity starts from the system's risk tier: tier 1 SEV1, tier 2 SEV2, tier 3 SEV3, tier 4
SEV4. It is one step lower where the failing area does not show harm by itself (drift, data
quality), never below SEV4. A breach of performance, calibration, bias or the contract, or a feed
that is silent, keeps the tier's severity.

Due times run in hours from detection: to acknowledge 1, 4, 24, 72; to resolve 24, 72, 336, 720 for
SEV1 to SEV4.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aiops_pipelines.portfolio import RiskTier


class Severity(StrEnum):
    """From SEV1, the gravest, to SEV4."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


@dataclass(frozen=True, slots=True)
class Due:
    """When an incident must be acknowledged and resolved."""

    acknowledge_by: datetime
    resolve_by: datetime


_ONE_STEP_LOWER = frozenset({"drift", "data quality"})
_ACKNOWLEDGE_HOURS = {Severity.SEV1: 1, Severity.SEV2: 4, Severity.SEV3: 24, Severity.SEV4: 72}
_RESOLVE_HOURS = {Severity.SEV1: 24, Severity.SEV2: 72, Severity.SEV3: 336, Severity.SEV4: 720}


def severity_of(tier: RiskTier, area: str) -> Severity:
    """Return the severity of a breach in `area` of a system of this tier."""
    step = tier.value + (area in _ONE_STEP_LOWER)
    return list(Severity)[min(step, 4) - 1]


def due(severity: Severity, detected_at: datetime) -> Due:
    """Return the due times of an incident detected at an aware time."""
    return Due(
        detected_at + timedelta(hours=_ACKNOWLEDGE_HOURS[severity]),
        detected_at + timedelta(hours=_RESOLVE_HOURS[severity]),
    )
