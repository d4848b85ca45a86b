"""Safety reports: what people, or the hospital's safety-event system, tell of an AI system.

The fields follow AHRQ's Common Formats (class, contributing factors, preventability, handover, why
a near miss did not reach the patient) and NCC MERP's index (A capacity for error, B not reached,
C reached without harm, D monitoring, E temporary harm, F hospitalisation, G permanent harm, H
life-sustaining intervention, I death). Patients are counted, never named: a text that looks as if
it held an identifier is refused.
"""

import json
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from aiops_pipelines.clocks import BusinessCalendar, Span, Unit, deadline
from aiops_pipelines.errors import IncidentError
from aiops_pipelines.incidents.free_text import names_nobody
from aiops_pipelines.incidents.outcome import Duty
from aiops_pipelines.portfolio.model import Identifier, Record

AhrqClass = Literal["incident with harm", "incident without harm", "near miss", "unsafe condition"]
NccMerp = Literal["A", "B", "C", "D", "E", "F", "G", "H", "I"]

_CATEGORIES = {
    "unsafe condition": "A",
    "near miss": "B",
    "incident without harm": "CD",
    "incident with harm": "EFGHI",
}

_Told = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=4000),
    AfterValidator(names_nobody),
]


class SafetyReport(Record):
    """One report. `aware_at` is when the hospital became aware: regulatory clocks start there.

    `widespread` marks what concerns many sites or critical infrastructure. `external_id` is the
    sender's own number; the same one again is the same incident.
    """

    external_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    system: Identifier
    summary: Annotated[_Told, StringConstraints(min_length=3, max_length=300)]
    ahrq_class: AhrqClass
    ncc_merp: NccMerp | None = None
    aware_at: AwareDatetime
    occurred_at: AwareDatetime | None = None
    patients_exposed: int | None = Field(default=None, ge=0)
    patients_reached: int | None = Field(default=None, ge=0)
    location: _Told = ""
    category: _Told = ""
    contributing_factors: tuple[_Told, ...] = ()
    preventability: Literal["", "almost certainly", "likely", "unlikely", "unknown"] = ""
    handover: bool | None = None
    near_miss_stopped_by: _Told = ""
    narrative: _Told = ""
    immediate_action: _Told = ""
    vendor_ticket: Annotated[str, StringConstraints(max_length=64)] = ""
    vendor_told_at: AwareDatetime | None = None
    widespread: bool = False
    reporter_role: _Told = "anonymous"

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.ncc_merp is not None and self.ncc_merp not in _CATEGORIES[self.ahrq_class]:
            raise ValueError(f"ncc_merp {self.ncc_merp} does not go with {self.ahrq_class!r}")
        if self.ahrq_class == "incident with harm" and self.ncc_merp is None:
            raise ValueError("an incident with harm needs `ncc_merp` (E to I): clocks depend on it")
        if self.occurred_at is not None and self.occurred_at > self.aware_at:
            raise ValueError("`occurred_at` lies after `aware_at`")
        exposed, reached = self.patients_exposed, self.patients_reached
        if exposed is not None and reached is not None and reached > exposed:
            raise ValueError("more patients reached than exposed")
        return self

    @property
    def harmed(self) -> bool:
        """Return whether a patient came to harm."""
        return self.ahrq_class == "incident with harm"


_REPORTS = TypeAdapter(tuple[SafetyReport, ...])


def read_reports(text: str, name: str) -> tuple[SafetyReport, ...]:
    """Return the reports of a JSON document: an object, or a list of them.

    Raises:
        IncidentError: it is not JSON, or a report breaks a rule; the text names `name`, the
            report's place and the field, one problem a line, and no value.
    """
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise IncidentError(f"{name}:{error.lineno}: not JSON: {error.msg}") from error
    try:
        return _REPORTS.validate_python(tree if isinstance(tree, list) else [tree])
    except ValidationError as error:
        raise IncidentError(
            "\n".join(
                f"{name}: report {int(issue['loc'][0]) + 1}: "
                f"{'.'.join(map(str, issue['loc'][1:])) or '(whole report)'}: "
                f"{issue['msg'].removeprefix('Value error, ')}"
                for issue in error.errors(include_input=False)
            )
        ) from error


def duties(
    report: SafetyReport, regimes: tuple[str, ...], calendar: BusinessCalendar
) -> tuple[Duty, ...]:
    """Return what the hospital owes whom after a report, with due times.

    FDA: 21 CFR 803.30, a user facility reports a death to FDA and manufacturer, a serious injury
    (F to H: hospitalisation, permanent, life-sustaining) to the manufacturer, within 10 work days
    of becoming aware. EU AI Act, article 73: a serious incident within 15 days of awareness, a
    death within 10, a widespread one within 2.
    """
    found = []
    death, serious = report.ncc_merp == "I", report.ncc_merp in {"F", "G", "H"}
    if "FDA" in regimes and (death or serious):
        to = "FDA and manufacturer" if death else "manufacturer (FDA if unknown)"
        found.append(("FDA", f"report to {to}, 21 CFR 803.30", Span(10, Unit.WORK_DAYS)))
    if "EU AI Act" in regimes and (death or serious or report.widespread):
        days = 2 if report.widespread else 10 if death else 15
        found.append(
            (
                "EU AI Act",
                "report of a serious incident, article 73",
                Span(days, Unit.CALENDAR_DAYS),
            )
        )
    return tuple(
        Duty(regime, duty, ends, None)
        for regime, duty, span in found
        if (ends := deadline(report.aware_at, span, calendar)) is not None
    )


WARNED_BEFORE = timedelta(days=2)
"""How long before a duty is due it begins to climb the line of escalation."""
