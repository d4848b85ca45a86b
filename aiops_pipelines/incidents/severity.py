"""How grave an incident is, and when it is due: the rule, written down.

The severity of a failed check starts from the system's risk tier: tier 1 SEV1, tier 2 SEV2, tier 3
SEV3, tier 4 SEV4. It is one step lower where the failing area does not show harm by itself (drift,
data quality), never below SEV4.

A report by people starts from the tier too and harm raises it: a near miss or an unsafe condition
is one step lower than the tier; what reached patients without harm keeps it; temporary harm
(NCC MERP E, F) is one step higher; permanent harm, a life-saving intervention or death (G, H, I)
is SEV1 whatever the tier.

Due times run in hours from the clock's start: to acknowledge 1, 4, 24, 72; to contain 4, 24, 168,
336; to resolve 24, 72, 336, 720 for SEV1 to SEV4. The clock starts when somebody can know: at
once where the severity pages and a channel for it exists, else at the end of the quiet hours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aiops_pipelines.delivery import send_after
from aiops_pipelines.incidents.roster import Roster
from aiops_pipelines.portfolio import RiskTier


class Severity(StrEnum):
    """From SEV1, the gravest, to SEV4."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


@dataclass(frozen=True, slots=True)
class Due:
    """When the clocks start, and by when to acknowledge, to contain and to resolve."""

    clock_start: datetime
    acknowledge_by: datetime
    contain_by: datetime
    resolve_by: datetime


_ONE_STEP_LOWER = frozenset({"drift", "data quality"})
_HOURS = {
    Severity.SEV1: (1, 4, 24),
    Severity.SEV2: (4, 24, 72),
    Severity.SEV3: (24, 168, 336),
    Severity.SEV4: (72, 336, 720),
}
_GRAVEST_HARM = frozenset("GHI")
_HARM = frozenset("EF")


def severity_of(tier: RiskTier, area: str) -> Severity:
    """Return the severity of a breach in `area` of a system of this tier."""
    return _severity(tier.value + (area in _ONE_STEP_LOWER))


def severity_of_report(tier: RiskTier, ahrq_class: str, ncc_merp: str | None) -> Severity:
    """Return the severity of a report of this AHRQ class and NCC MERP category (None: unknown)."""
    if ncc_merp is not None and ncc_merp in _GRAVEST_HARM:
        return Severity.SEV1
    step = tier.value
    if ncc_merp is not None and ncc_merp in _HARM:
        step -= 1
    elif ahrq_class in {"near miss", "unsafe condition"}:
        step += 1
    return _severity(step)


def due(severity: Severity, detected_at: datetime, roster: Roster) -> Due:
    """Return the due times of an incident detected at an aware time."""
    start = detected_at
    if not roster.policy.pages(severity.value):
        start = send_after(detected_at, roster.policy.quiet_hours, roster.zone)
    acknowledge, contain, resolve = (start + timedelta(hours=h) for h in _HOURS[severity])
    return Due(start, acknowledge, contain, resolve)


def _severity(step: int) -> Severity:
    return list(Severity)[min(max(step, 1), 4) - 1]
