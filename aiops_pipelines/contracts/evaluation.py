"""A contract's night: one figure a clause, claim and duty, and what the ledger keeps of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.contracts.claims import claim_figure
from aiops_pipelines.contracts.figures import of_row
from aiops_pipelines.contracts.ledger import Ledger
from aiops_pipelines.contracts.notice import notice_figure
from aiops_pipelines.contracts.rates import rate_row
from aiops_pipelines.contracts.service import service_figure
from aiops_pipelines.contracts.stream import terms_of
from aiops_pipelines.contracts.verdicts import in_grace
from aiops_pipelines.evaluation.areas import labelled_figure
from aiops_pipelines.evaluation.bias import bias_figures
from aiops_pipelines.evaluation.drift import drift_figures
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.figures import no_limit
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.evaluation.store import write_figures
from aiops_pipelines.evaluation.window import History, history
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import RATES, Area, Clause, System
from aiops_pipelines.verdict import worst


def evaluate_contract(
    lake: Lake, calendar: BusinessCalendar, system: System, day: date, as_of: date
) -> list[Figure]:
    """Return and keep the figures of the contract on one day, appending to the evidence ledger."""
    known = history(lake, system, day, as_of)
    figures = list(_figures(lake, calendar, known)) or [no_limit(known, Area.SLA)]
    write_figures(lake, Area.SLA, TABLES[Area.SLA], system.id, day, known.as_of, figures)
    return figures


def _figures(lake: Lake, calendar: BusinessCalendar, known: History) -> Iterator[Figure]:
    system, day = known.system, known.day
    contract = system.contract
    if contract is None or not contract.start <= day <= contract.end:
        return
    for clause in contract.clauses:
        if clause.metric in RATES:
            row = rate_row(lake, system, clause, day)
            if row is not None:
                yield of_row(system, clause, row, day, known.as_of)
                continue
        yield from _measured(lake, known, clause)
    for service in contract.service_clauses:
        figure = service_figure(lake, system, service, calendar, day, known.as_of)
        terms = f"{service.measure} {service.percentile} {service.bound}"
        Ledger(lake, system.id, service.id).append_figure(figure, terms)
        yield figure
    for claim in contract.claims:
        yield claim_figure(known, claim, day)
    yield notice_figure(lake, system, contract, day, known.as_of)


def _measured(lake: Lake, known: History, clause: Clause) -> Iterator[Figure]:
    """Yield the figures of a clause whose evidence does not come as daily counts of a rate."""
    area = clause.definition.area
    if area is Area.DRIFT:
        found = list(drift_figures(known, [clause], Area.SLA))
    elif area is Area.BIAS:
        found = list(bias_figures(known, [clause], Area.SLA))
    else:
        found = [labelled_figure(known, clause, Area.SLA)]
    figures = [_in_grace(known, clause, figure) for figure in found]
    if clause.metric not in RATES and figures:
        verdict = worst(figure.verdict for figure in figures)
        grave = next(figure for figure in figures if figure.verdict is verdict)
        terms = terms_of(known.system, clause)
        Ledger(lake, known.system.id, clause.id).append_figure(grave, terms)
    yield from figures


def _in_grace(known: History, clause: Clause, figure: Figure) -> Figure:
    judged = in_grace(known.system, clause, known.day, Judgement(figure.verdict, figure.reason))
    return replace(figure, verdict=judged.verdict, reason=judged.reason)
