"""What was agreed: the clause's words and the terms under which it is measured."""

from collections.abc import Iterator

from aiops_pipelines.portfolio import Clause, ServiceClause
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.evidence.gather import ClauseEvidence
from aiops_pipelines.reports.quarterly.layout import Section, Table

RULES = {
    "sequential": "a sequential test (e-detector) that at the limit raises one false alarm in "
    "about ten years, looked at every night",
    "proof": "proof that over the contract period the limit was exceeded, with 95% confidence "
    "however often one looks",
    "interval": "the window's 95% interval lies wholly beyond the limit",
}


def clause_text(pack: ClauseEvidence) -> str:
    """Return the clause's words in the contract; of the duty of notice its substance."""
    if pack.clause is not None:
        return pack.clause.text
    days = wording.plural(pack.contract.change_notice_days, "day")
    return f"A new version is announced at least {days} before it is used."


def measured_title(pack: ClauseEvidence) -> str:
    """Return what the clause measures: "false-negative rate at alert"."""
    title = wording.metric_title(pack.row.metric)
    if pack.row.operating_point:
        title += f" at {pack.row.operating_point}"
    return title if pack.row.stratum == "all" else f"{title}, {pack.row.stratum}"


def limit_text(pack: ClauseEvidence) -> str:
    """Return the clause's limit with its unit."""
    return wording.limit_text(pack.row.minimum, pack.row.maximum, unit(pack))


def unit(pack: ClauseEvidence) -> str:
    """Return the unit of the clause's figure, "" for proportions and pure numbers."""
    if pack.clause is None:
        return "days"
    if isinstance(pack.clause, ServiceClause):
        return {"turnaround": "s", "support response": "business hours"}.get(
            pack.clause.measure, ""
        )
    own = next((each for each in pack.sla if each.clause == pack.row.clause), None)
    return wording.figure_unit(own, pack.system) if own else ""


def terms_section(pack: ClauseEvidence) -> Section:
    """Return the clause's text and terms."""
    contract = pack.contract
    return Section(
        id="agreed",
        title="What was agreed",
        paragraphs=(
            f"Contract {contract.number} with {pack.system.vendor.name}, from "
            f"{wording.day_text(contract.start)} to {wording.day_text(contract.end)}. "
            f"Clause {pack.row.clause}: \N{LEFT DOUBLE QUOTATION MARK}{clause_text(pack)}"
            f"\N{RIGHT DOUBLE QUOTATION MARK}",
        ),
        tables=(
            Table(
                "How the clause is measured",
                ("Term", "Agreed"),
                tuple(_terms(pack)),
                widths=("30%", "70%"),
            ),
        ),
    )


def _terms(pack: ClauseEvidence) -> Iterator[tuple[str, str]]:
    clause = pack.clause
    yield "Figure", measured_title(pack)
    yield "Limit", limit_text(pack)
    if clause is None:
        return
    yield "Window", wording.plural(clause.window_days, "day") + _of_what(pack)
    yield "Cases needed", wording.plural(clause.minimum_n, "case")
    if isinstance(clause, Clause):
        if clause.minimum_events:
            yield "Cases with the condition needed", f"{clause.minimum_events:,}"
        if clause.margin:
            yield "Margin", f"a breach lies beyond the limit by more than {clause.margin:g}"
        yield "Evidence that makes a breach", RULES[clause.evidence]
        if clause.grace_days:
            yield "Grace", wording.plural(clause.grace_days, "day") + " from the contract's start"
        yield "Truth", f"{pack.system.truth.truth}; {verification(pack)}"


def _of_what(pack: ClauseEvidence) -> str:
    return " whose labels are mature" if isinstance(pack.clause, Clause) else ""


def verification(pack: ClauseEvidence) -> str:
    """Return which cases get their truth."""
    rule = pack.system.truth
    if rule.scheme == "partial" and rule.audit_fraction is not None:
        return (
            f"every flagged case is verified, of the others an audit sample of "
            f"{rule.audit_fraction:.0%}, so that a verified miss stands for "
            f"{1 / rule.audit_fraction:g}"
        )
    return f"{rule.scheme} verification"
