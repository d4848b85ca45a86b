"""The contract with a vendor as data: clauses, claims, remedies and duties of notice."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from aiops_pipelines.clocks import Anchor, Clock, Span, Unit
from aiops_pipelines.portfolio.limit import Limit
from aiops_pipelines.portfolio.model import Identifier, Record, Text
from aiops_pipelines.portfolio.vocabulary import RATES

FEE_PERIODS = {"month": 12, "quarter": 4, "year": 1}
"""How many of each period's fees a year has."""

CLAIM, RESPONSE, CURE = "claim of the credit", "response of the vendor", "cure period"
"""The clocks of a breach."""


class CreditStep(Record):
    """`percent` of the period's fee once the figure is beyond `beyond`."""

    beyond: float
    percent: float = Field(ge=0, le=100)


class Remedy(Record):
    """What a breach entitles the hospital to.

    The credit is `service_credit_percent` of the fee of one `fee_period`, or by the `schedule` the
    percent of the furthest step that the figure is beyond; with `claim_days` it lapses unless the
    vendor is notified within so many days of detection. The vendor answers a notification within
    `response_days`. The cure period runs from `cure_from`; a right to terminate arises when it has
    ended and the breach still stands.
    """

    service_credit_percent: float = Field(default=0.0, ge=0, le=100)
    schedule: tuple[CreditStep, ...] = ()
    fee_period: Literal["month", "quarter", "year"] = "quarter"
    claim_days: int | None = Field(default=None, ge=1)
    response_days: int | None = Field(default=None, ge=0)
    response_unit: Literal[Unit.CALENDAR_DAYS, Unit.WORK_DAYS] = Unit.WORK_DAYS
    cure_days: int = Field(default=30, ge=0)
    cure_unit: Literal[Unit.CALENDAR_DAYS, Unit.WORK_DAYS] = Unit.CALENDAR_DAYS
    cure_from: Anchor = Anchor.DETECTED
    termination_right: bool = False

    @model_validator(mode="after")
    def _one_rule_of_credit(self) -> Self:
        if self.schedule and self.service_credit_percent:
            raise ValueError("give `service_credit_percent` or a `schedule`, not both")
        return self

    @property
    def cure(self) -> Span:
        """Return the cure period; in calendar days it does not end on a day without work."""
        return _span(self.cure_days, self.cure_unit)

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """Return the clocks that a breach may start: claim, response, cure."""
        clocks = []
        if self.claim_days is not None:
            clocks.append(Clock(CLAIM, Anchor.DETECTED, _span(self.claim_days, Unit.CALENDAR_DAYS)))
        if self.response_days is not None:
            span = _span(self.response_days, self.response_unit)
            clocks.append(Clock(RESPONSE, Anchor.REPORTED, span))
        return (*clocks, Clock(CURE, self.cure_from, self.cure))


def _span(days: int, unit: Unit) -> Span:
    return Span(days, unit, rolls=unit is Unit.CALENDAR_DAYS)


class Clause(Limit):
    """One measurable promise of the vendor, with the words it has in the contract.

    `stratum` narrows it to one value of a subgroup ("sex=female"). `evidence` names the rule that
    turns counts into a verdict: "sequential" (the e-detector's alarm), "proof" (exceeded over the
    contract period, with 95% confidence) or "interval" (the window's interval). For `grace_days`
    from the contract's start the clause is measured but not owed.
    """

    id: Identifier
    text: Text
    stratum: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*=.+$")
    evidence: Literal["sequential", "proof", "interval"] = "sequential"
    grace_days: int = Field(default=0, ge=0)
    remedy: Remedy = Remedy()

    @model_validator(mode="after")
    def _one_promise(self) -> Self:
        if self.minimum is not None and self.maximum is not None:
            raise ValueError("a clause promises one thing: split it into two clauses")
        if self.stratum is not None and self.metric not in RATES:
            raise ValueError(f"a `stratum` fits the rates only: {', '.join(sorted(RATES))}")
        if self.evidence == "proof" and self.metric not in RATES:
            raise ValueError(f"proof fits the rates only: {', '.join(sorted(RATES))}")
        steps = [step.beyond for step in self.remedy.schedule]
        if steps != sorted(steps, reverse=self.maximum is None):
            raise ValueError("the steps of a schedule must lead away from the limit")
        return self

    @property
    def bound(self) -> float:
        """Return the limit's value."""
        bound = self.maximum if self.maximum is not None else self.minimum
        assert bound is not None
        return bound


class Claim(Record):
    """A performance the vendor claims, with the cases it was measured on.

    `value` of a rate rests on `n` cases that count for it (for sensitivity, positives). The claim
    holds here unless the local figure is worse by more than `margin`, fixed beforehand. PPV and
    NPV are claimed as `sensitivity` and `specificity` and judged at the local prevalence.
    """

    metric: Literal["sensitivity", "specificity", "ppv", "npv"]
    operating_point: Identifier
    value: float | None = Field(default=None, gt=0, lt=1)
    n: int | None = Field(default=None, ge=1)
    sensitivity: float | None = Field(default=None, gt=0, lt=1)
    specificity: float | None = Field(default=None, gt=0, lt=1)
    n_positive: int | None = Field(default=None, ge=1)
    n_negative: int | None = Field(default=None, ge=1)
    margin: float = Field(gt=0, lt=1)
    source: Text
    window_days: int = Field(default=90, ge=1, le=366)
    minimum_n: int = Field(default=50, ge=1)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        plain = (self.value, self.n)
        parts = (self.sensitivity, self.specificity, self.n_positive, self.n_negative)
        needed, other = (plain, parts) if self.metric.endswith("ity") else (parts, plain)
        if None in needed or any(part is not None for part in other):
            raise ValueError(
                "sensitivity and specificity are claimed by `value` and `n`; ppv and npv by "
                "`sensitivity`, `n_positive`, `specificity` and `n_negative`"
            )
        return self

    @property
    def id(self) -> str:
        """Return the claim's name among the contract's clauses."""
        return f"claim-{self.metric}-{self.operating_point}"


class ServiceClause(Record):
    """A promise about the service: that it is up, answers in time, and that support responds.

    `measure` availability: the share of minutes up, planned maintenance left out, at least
    `minimum`. turnaround: the `percentile` of seconds from study to result, at most `maximum`.
    support response: the `percentile` of business hours to the first answer, at most `maximum`.
    """

    id: Identifier
    text: Text
    measure: Literal["availability", "turnaround", "support response"]
    minimum: float | None = Field(default=None, gt=0, lt=1)
    maximum: float | None = Field(default=None, gt=0)
    percentile: float | None = Field(default=None, gt=0, lt=1)
    window_days: int = Field(default=30, ge=1, le=366)
    minimum_n: int = Field(default=20, ge=1)
    remedy: Remedy = Remedy()

    @model_validator(mode="after")
    def _fits_its_measure(self) -> Self:
        share = self.measure == "availability"
        if (self.minimum is not None) != share:
            raise ValueError("`minimum` belongs to availability, and it needs one")
        if (self.maximum is None or self.percentile is None) != share:
            raise ValueError(f"{self.measure}: give `maximum` and `percentile`, or a `minimum`")
        return self

    @property
    def bound(self) -> float:
        """Return the limit's value."""
        bound = self.maximum if self.maximum is not None else self.minimum
        assert bound is not None
        return bound


class Contract(Record):
    """The agreement under which a system runs.

    A new version must be announced `change_notice_days` before it is used.
    """

    number: Text
    start: date = Field(alias="from")
    end: date = Field(alias="to")
    annual_fee: float = Field(ge=0)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    change_notice_days: int = Field(default=30, ge=0)
    clauses: tuple[Clause, ...] = ()
    service_clauses: tuple[ServiceClause, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def remediable(self) -> "tuple[Clause | ServiceClause, ...]":
        """Return the clauses whose breach has a remedy: on figures, then on the service."""
        return (*self.clauses, *self.service_clauses)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.end <= self.start:
            raise ValueError("the contract's `to` must lie after its `from`")
        ids = [clause.id for clause in self.clauses]
        ids += [clause.id for clause in self.service_clauses]
        ids += [claim.id for claim in self.claims]
        if len(set(ids)) < len(ids):
            raise ValueError("two clauses have the same id")
        return self
