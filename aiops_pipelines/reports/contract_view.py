"""A contract's terms as people read them: the words, what was measured, what follows.

Terms are clauses on figures, service clauses, the duty to announce changes, and the vendor's
claims. What a breach entitles to comes from the ledger's standing, the only place that reckons it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiops_pipelines.clocks import Span
from aiops_pipelines.contracts.notice import CLAUSE
from aiops_pipelines.contracts.standing import Standing
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.portfolio import Claim, Clause, Contract, ServiceClause, System
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.prose import prose
from aiops_pipelines.reports.style import LOOKS, Look
from aiops_pipelines.reports.view import FigureView, figure_view
from aiops_pipelines.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One term: its text, its figure where there is one, its verdict, and what a breach brings.

    `standing` tells what a breach that stands entitles to, with its working; "" without one.
    """

    id: str
    text: str
    look: Look
    figure: FigureView | None
    reason: str
    remedy: str
    remediable: bool
    standing: str = ""


def clause_views(
    system: System, figures: Sequence[Figure], standings: Sequence[Standing] = ()
) -> tuple[ClauseView, ...]:
    """Return every term of the contract, also those without a figure this night."""
    if system.contract is None:
        return ()
    stand = {each.row.clause: each for each in standings}
    return tuple(
        _view(system, term, words, remedy, figures, stand.get(term))
        for term, words, remedy in _terms(system.contract)
    )


def _terms(contract: Contract) -> Iterator[tuple[str, str, str]]:
    """Yield id, words and remedy of each term."""
    for clause in contract.remediable:
        yield clause.id, clause.text, remedy_text(clause)
    for claim in contract.claims:
        yield claim.id, claim_text(claim), "no remedy is agreed for a claim"
    notice = wording.plural(contract.change_notice_days, "day")
    words = f"A new version is announced at least {notice} before it is used."
    yield CLAUSE, words, "no remedy is agreed for missing notice"


def claim_text(claim: Claim) -> str:
    """Return what the vendor claims, with the cases it was measured on."""
    name = f"{wording.metric_title(claim.metric)} at {claim.operating_point}"
    margin = f"holds here unless worse by more than {claim.margin:g}"
    if claim.value is not None:
        return f"Claimed: {name} {claim.value:g} (n = {claim.n:,}; {claim.source}); {margin}."
    return (
        f"Claimed: {name}, from sensitivity {claim.sensitivity:g} (n = {claim.n_positive:,}) and "
        f"specificity {claim.specificity:g} (n = {claim.n_negative:,}; {claim.source}), at the "
        f"local prevalence; {margin}."
    )


def _view(
    system: System,
    term: str,
    words: str,
    remedy: str,
    figures: Sequence[Figure],
    standing: Standing | None,
) -> ClauseView:
    own = [figure for figure in figures if figure.clause == term]
    gravest = max(own, key=lambda figure: figure.verdict.gravity, default=None)
    view = figure_view(gravest, system) if gravest else None
    return ClauseView(
        id=term,
        text=words,
        look=view.look if view else LOOKS[Verdict.INSUFFICIENT_DATA],
        figure=view,
        reason=view.reason if view else "not evaluated this night",
        remedy=remedy,
        remediable=any(each.id == term for each in system.contract.remediable)
        if system.contract
        else False,
        standing=standing_text(standing) if standing else "",
    )


def standing_text(standing: Standing) -> str:
    """Return since when the breach stands and what it entitles to; "" where none stands."""
    owed = standing.entitlement
    if owed is None:
        return ""
    return f"In breach since {wording.day_text(owed.since)}; {prose(owed.working)}"


def remedy_text(clause: Clause | ServiceClause) -> str:
    """Return what a breach entitles the hospital to, in words."""
    remedy = clause.remedy
    parts = [f"cure within {remedy.cure}"]
    if remedy.response_days is not None:
        span = Span(remedy.response_days, remedy.response_unit)
        parts.insert(0, f"answer within {span} of notification")
    due = f", if claimed within {remedy.claim_days} days" if remedy.claim_days else ""
    if remedy.schedule:
        most = max(step.percent for step in remedy.schedule)
        parts.insert(0, f"service credit of up to {most:g}%, by how far the figure is beyond{due}")
    elif remedy.service_credit_percent:
        parts.insert(0, f"service credit of {remedy.service_credit_percent:g}%{due}")
    if remedy.termination_right:
        parts.append("right to terminate")
    return wording.listed(parts)
