"""A contract's clauses as people read them: the words, what was measured, what follows."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.portfolio import Clause, ServiceClause, System
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.style import LOOKS, Look
from aiops_pipelines.reports.view import FigureView, figure_view
from aiops_pipelines.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One clause: its text, its figure where there is one, its verdict and its remedy."""

    id: str
    text: str
    look: Look
    figure: FigureView | None
    reason: str
    remedy: str


def clause_views(system: System, figures: Sequence[Figure]) -> tuple[ClauseView, ...]:
    """Return every clause of the contract, also those without a figure this night."""
    clauses = system.contract.clauses if system.contract else ()
    return tuple(_clause_view(system, clause, figures) for clause in clauses)


def _clause_view(system: System, clause: Clause, figures: Sequence[Figure]) -> ClauseView:
    own = [figure for figure in figures if figure.clause == clause.id]
    gravest = max(own, key=lambda figure: figure.verdict.gravity, default=None)
    view = figure_view(gravest, system) if gravest else None
    return ClauseView(
        id=clause.id,
        text=clause.text,
        look=view.look if view else LOOKS[Verdict.INSUFFICIENT_DATA],
        figure=view,
        reason=view.reason if view else "not evaluated this night",
        remedy=remedy_text(clause),
    )


def remedy_text(clause: Clause | ServiceClause) -> str:
    """Return what a breach entitles the hospital to, in words."""
    remedy = clause.remedy
    parts = [f"cure within {remedy.cure}"]
    if remedy.schedule:
        most = max(step.percent for step in remedy.schedule)
        parts.insert(0, f"service credit of up to {most:g}%, by how far the figure is beyond")
    elif remedy.service_credit_percent:
        parts.insert(0, f"service credit of {remedy.service_credit_percent:g}%")
    if remedy.termination_right:
        parts.append("right to terminate")
    return wording.listed(parts)
