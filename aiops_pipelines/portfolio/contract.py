"""The contract with a vendor as data: clauses, evidence rules, remedies."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from aiops_pipelines.portfolio.limit import Limit
from aiops_pipelines.portfolio.model import Identifier, Record, Text


class Remedy(Record):
    """What a breach entitles the hospital to."""

    service_credit_percent: float = Field(default=0.0, ge=0, le=100)
    cure_days: int = Field(default=30, ge=0)
    termination_right: bool = False


class Clause(Limit):
    """One measurable promise of the vendor, with the words it has in the contract.

    `evidence` names the rule that turns counts into a verdict: "sequential" (e-detector alarm
    and confidence sequence, methods section 4) or "interval" (the window's interval).
    """

    id: Identifier
    text: Text
    evidence: Literal["sequential", "interval"] = "sequential"
    remedy: Remedy = Remedy()


class Contract(Record):
    """The agreement under which a system runs."""

    number: Text
    start: date = Field(alias="from")
    end: date = Field(alias="to")
    annual_fee: float = Field(ge=0)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    change_notice_days: int = Field(default=30, ge=0)
    clauses: tuple[Clause, ...] = ()

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.end <= self.start:
            raise ValueError("the contract's `to` must lie after its `from`")
        ids = [clause.id for clause in self.clauses]
        if len(set(ids)) < len(ids):
            raise ValueError("two clauses have the same id")
        return self
