"""What a breach entitles the hospital to, with the working shown: credit, cure, termination."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from aiops_pipelines.clocks import Anchor, BusinessCalendar, Clock, ClockState, Reading
from aiops_pipelines.portfolio import Clause, Contract, ServiceClause
from aiops_pipelines.portfolio.contract import CLAIM, CURE, FEE_PERIODS, RESPONSE

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Credit:
    """A service credit for one fee period: percent, amount in `currency`, and how it came about."""

    percent: float
    amount: Decimal
    currency: str
    working: str


@dataclass(frozen=True, slots=True)
class ContractClock:
    """A clock of a breach: what is due, how it stands, and both in words."""

    name: str
    reading: Reading
    words: str


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a breach that stands since `since` entitles to.

    `cure_by` is None while its anchor has not happened. `termination` tells whether the right to
    terminate has arisen; `clocks` are those of claim, response and cure that the contract has;
    `working` says how everything was computed, in sentences.
    """

    since: date
    credit: Credit
    cure_by: datetime | None
    termination: bool
    clocks: tuple[ContractClock, ...]
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

    It counts as detected when the next day begins; `events` may say otherwise, and when the
    hospital became aware, the vendor was notified (reported) and the vendor acknowledged.
    """
    remedy = clause.remedy
    known = {Anchor.DETECTED: detected_at(since, calendar), **(events or {})}
    done = {CLAIM: known.get(Anchor.REPORTED), RESPONSE: known.get(Anchor.ACKNOWLEDGED)}
    clocks = tuple(
        _clock(each, each.read(known, calendar, now, done.get(each.name)), calendar)
        for each in remedy.clocks
    )
    by_name = {each.name: each.reading for each in clocks}
    credit = credit_of(contract, clause, estimate)
    if CLAIM in by_name and by_name[CLAIM].state in {ClockState.OVERDUE, ClockState.MISSED}:
        credit = replace(
            credit,
            percent=0.0,
            amount=Decimal(0),
            working=f"lapsed, the vendor was not notified in time; it was {credit.working}",
        )
    cure = by_name[CURE]
    termination = remedy.termination_right and cure.state is ClockState.OVERDUE
    right = "no right to terminate"
    if remedy.termination_right:
        right = "right to terminate " + ("has arisen" if termination else "if not cured by then")
    working = "; ".join([f"credit: {credit.working}", *(each.words for each in clocks), right])
    return Entitlement(since, credit, cure.due, termination, clocks, working)


def _clock(clock: Clock, reading: Reading, calendar: BusinessCalendar) -> ContractClock:
    begins = f"{clock.name} of {clock.span} from the day it is {clock.anchor}"
    if reading.started is None or reading.due is None:
        return ContractClock(clock.name, reading, f"{begins}: not running yet")
    ends = "ended" if reading.state is ClockState.OVERDUE else "ends"
    words = (
        f"{clock.name} of {clock.span} from {calendar.local_day(reading.started)} "
        f"({clock.anchor}) {ends} with {calendar.local_day(reading.due)}"
    )
    said = {ClockState.MET: ", met", ClockState.MISSED: ", met too late"}
    return ContractClock(clock.name, reading, words + said.get(reading.state, ""))


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
