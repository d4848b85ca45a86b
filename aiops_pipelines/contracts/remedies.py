"""What a breach entitles the hospital to, with the working shown: credit, cure, termination."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from aiops_pipelines.clocks import Anchor, BusinessCalendar, deadline
from aiops_pipelines.portfolio import Clause, Contract, ServiceClause
from aiops_pipelines.portfolio.contract import FEE_PERIODS

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Credit:
    """A service credit for one fee period: percent, amount in `currency`, and how it came about."""

    percent: float
    amount: Decimal
    currency: str
    working: str


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a breach that stands since `since` entitles to.

    `cure_by` is None while its anchor has not happened. `termination` tells whether the right to
    terminate has arisen; `working` says how everything was computed, in sentences.
    """

    since: date
    credit: Credit
    cure_by: datetime | None
    termination: bool
    working: str


def credit_of(contract: Contract, clause: Clause | ServiceClause, estimate: float | None) -> Credit:
    """Return the credit for one fee period in which the clause is breached at `estimate`."""
    remedy = clause.remedy
    percent, rule = remedy.service_credit_percent, "flat"
    if remedy.schedule:
        percent, rule = _by_schedule(clause, estimate)
    parts = FEE_PERIODS[remedy.fee_period]
    fee = Decimal(str(contract.annual_fee)) / parts
    amount = (fee * Decimal(str(percent)) / 100).quantize(_CENT, ROUND_HALF_UP)
    working = (
        f"{percent:g}% ({rule}) of one {remedy.fee_period}'s fee, "
        f"{contract.annual_fee:,.2f} / {parts} = {fee:,.2f} {contract.currency}: "
        f"{amount:,.2f} {contract.currency}"
    )
    if not remedy.schedule and not percent:
        working = "the clause provides no credit"
    return Credit(percent, amount, contract.currency, working)


def entitlement(
    contract: Contract,
    clause: Clause | ServiceClause,
    estimate: float | None,
    since: date,
    now: datetime,
    calendar: BusinessCalendar,
    events: Mapping[Anchor, datetime] | None = None,
) -> Entitlement:
    """Return what the breach that stands since the night `since` entitles to at `now`.

    It counts as detected when the next day begins; `events` may say otherwise, and
    when it was reported to or acknowledged by the vendor.
    """
    credit, remedy = credit_of(contract, clause, estimate), clause.remedy
    known = {Anchor.DETECTED: detected_at(since, calendar), **(events or {})}
    anchor = known.get(remedy.cure_from)
    cure_by = deadline(anchor, remedy.cure, calendar) if anchor else None
    passed = cure_by is not None and now > cure_by
    termination = remedy.termination_right and passed
    cure = f"cure period of {remedy.cure} from the day it is {remedy.cure_from}: not running yet"
    if anchor is not None and cure_by is not None:
        cure = (
            f"cure period of {remedy.cure} from {calendar.local_day(anchor)} ({remedy.cure_from}) "
            f"ends with {calendar.local_day(cure_by)}"
        )
    right = "no right to terminate"
    if remedy.termination_right:
        right = "right to terminate " + ("has arisen" if termination else "if not cured by then")
    return Entitlement(
        since, credit, cure_by, termination, f"credit: {credit.working}; {cure}; {right}"
    )


def detected_at(night: date, calendar: BusinessCalendar) -> datetime:
    """Return when a breach of the night of `night` is known: at the start of the next day."""
    morning = datetime.combine(night + timedelta(days=1), time(0), calendar.zone)
    return morning.astimezone(UTC)


def _by_schedule(clause: Clause | ServiceClause, estimate: float | None) -> tuple[float, str]:
    percent, rule = 0.0, "beyond no step of the schedule"
    for step in clause.remedy.schedule:
        above = clause.maximum is not None
        if estimate is None or not (estimate > step.beyond if above else estimate < step.beyond):
            break
        side = "above" if above else "below"
        percent, rule = step.percent, f"schedule: {estimate:.4g} is {side} {step.beyond:g}"
    return percent, rule
