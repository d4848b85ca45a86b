"""What a system's YAML says: who answers for it, what it may do, how it is watched."""

from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from aiops_pipelines.portfolio.contract import Contract
from aiops_pipelines.portfolio.expectation import Expectation
from aiops_pipelines.portfolio.feed import CsvFeed, Feed
from aiops_pipelines.portfolio.limit import Limit
from aiops_pipelines.portfolio.model import ColumnName, Identifier, Record, Text
from aiops_pipelines.portfolio.output import Feature, Output
from aiops_pipelines.portfolio.risk import Risk


class Stage(StrEnum):
    """The lifecycle, in order."""

    EVALUATION = "evaluation"
    PILOT = "pilot"
    LIVE = "live"
    RESTRICTED = "restricted"
    RETIRED = "retired"


class Vendor(Record):
    """Who makes the system and whom to call."""

    name: Text
    contact: Text


class Version(Record):
    """A released version, the day it went into use here, and the day the vendor announced it."""

    version: Text
    start: date = Field(alias="from")
    announced: date | None = None
    note: str = ""


class Regulatory(Record):
    """Standing with the regulator; clearance numbers of the example hospital are invented."""

    status: Text
    clearance: str = ""
    pccp_authorised: bool = False


class Owners(Record):
    """Roles that answer for the system; also who gets its incidents."""

    clinical: Text
    technical: Text
    executive: Text


class Lifecycle(Record):
    """Where the system stands and when it is looked at again."""

    stage: Stage
    go_live: date
    next_review: date


class Adjudication(Record):
    """How several readers' words on a case become one label.

    "majority": what more than half of the readers say; "consensus": what all of them say. Neither
    counts before `readers` of them have spoken. The word of `adjudicator`, a source or a reader,
    is final. A case that is not settled has no label yet.
    """

    rule: Literal["majority", "consensus"]
    readers: int = Field(default=2, ge=2)
    adjudicator: str | None = None


class LabelRule(Record):
    """When the truth is known, and for whom.

    Without `adjudication` the last revision counts, whoever made it, and among equals the last
    received.

    A day is mature when it is at least `mature_after_days` old and at least `completeness` of
    the labels expected of it have arrived. With scheme "complete" every case is expected to get
    a label; with "partial" all AI-positives at `operating_point` are, and the share
    `audit_fraction` of AI-negatives, drawn at random; with "sample" the share `audit_fraction`
    of all cases, drawn at random.
    """

    truth: Text
    sources: tuple[str, ...] = Field(min_length=1)
    mature_after_days: int = Field(ge=0)
    completeness: float = Field(default=0.9, gt=0, le=1)
    scheme: Literal["complete", "partial", "sample"] = "complete"
    operating_point: Identifier | None = None
    audit_fraction: float | None = Field(default=None, gt=0, le=1)
    adjudication: Adjudication | None = None

    @model_validator(mode="after")
    def _scheme_is_whole(self) -> Self:
        if (self.scheme == "complete") != (self.audit_fraction is None):
            raise ValueError("`audit_fraction` belongs to the schemes partial and sample")
        if (self.scheme == "partial") != (self.operating_point is not None):
            raise ValueError("`operating_point` belongs to the scheme partial")
        return self


class ReferencePeriod(Record):
    """The period whose data fix bins and baselines."""

    start: date = Field(alias="from")
    end: date = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("the reference period must end (`to`) after it begins (`from`)")
        return self


class Entry(Record):
    """The fields of one system, each valid by itself; `System` is an entry whose parts agree."""

    id: Identifier
    name: Text
    service_line: Literal["radiology", "pathology", "nursing", "medicine", "administration"]
    vendor: Vendor
    versions: tuple[Version, ...] = Field(min_length=1)
    intended_use: Text
    population: Text
    out_of_scope: Text
    regulatory: Regulatory
    risk: Risk
    owners: Owners
    lifecycle: Lifecycle
    output: Output
    features: tuple[Feature, ...] = ()
    subgroups: tuple[ColumnName, ...] = ()
    predictions: Feed
    labels: Feed
    service: CsvFeed | None = None
    truth: LabelRule
    reference: ReferencePeriod
    limits: tuple[Limit, ...] = ()
    quality: tuple[Expectation, ...] = ()
    contract: Contract | None = None
