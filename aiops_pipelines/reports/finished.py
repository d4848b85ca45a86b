"""Reports ready to be issued: their files, what an e-mail says, what they state in short."""

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from aiops_pipelines.contracts.ledger import Ledger
from aiops_pipelines.delivery import FinishedReport
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.status import TABLES, portfolio_status
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Portfolio
from aiops_pipelines.reports.history import night
from aiops_pipelines.reports.view import figure_view, main_figure
from aiops_pipelines.verdict import Verdict, worst

PERIOD = 64


def quarterly_file(start: date) -> str:
    """Return the quarterly report's file name below the folder of reports."""
    return f"quarterly/portfolio-{quarter_name(start)}.pdf"


def quarter_name(start: date) -> str:
    """Return the name of the quarter that begins on `start`: "2026-Q3"."""
    return f"{start.year}-Q{(start.month + 2) // 3}"


def finished_quarter(
    portfolio: Portfolio,
    lake: Lake,
    folder: Path,
    start: date,
    as_of: date,
    known_on: date | None = None,
) -> FinishedReport:
    """Return the quarterly report of the quarter that begins on `start` and was seen up to `as_of`.

    It is as known on `known_on`, a later day for a version that is issued again.
    """
    facts = _quarter_facts(portfolio, lake, start, as_of, known_on or as_of)
    quarter = quarter_name(start)
    return FinishedReport(
        report="quarterly",
        period=quarter,
        file=folder / quarterly_file(start),
        subject=f"AI portfolio report {quarter}, {portfolio.hospital.name}",
        body=f"The AI portfolio report of {quarter} is attached, as known on {known_on or as_of}.\n"
        f"{_in_breach(facts)}",
        facts=facts,
    )


def evidence_file(system: str, clause: str, night: date) -> str:
    """Return an evidence pack's file name below the folder of reports."""
    return f"evidence/{system}/{clause}-{night}.pdf"


def finished_evidence(
    portfolio: Portfolio, lake: Lake, folder: Path, system_id: str, clause: str, night: date
) -> FinishedReport:
    """Return the evidence pack on a clause after a night that its ledger has."""
    row = Ledger(lake, system_id, clause).find(night)
    system = portfolio.system(system_id)
    verdict = "not evaluated" if row is None else row.verdict.value
    number = system.contract.number if system.contract else "without a number"
    return FinishedReport(
        report="evidence",
        period=evidence_period(system_id, clause, night),
        file=folder / evidence_file(system_id, clause, night),
        subject=f"Evidence pack: contract {number}, clause {clause}, {system.name}",
        body=f"The evidence on clause {clause} of contract {number} ({system.name}, "
        f"{system.vendor.name}) is attached, as it stood after the night of {night}: {verdict}.",
        facts={f"{system_id} {clause}": verdict},
    )


def evidence_period(system: str, clause: str, night: date) -> str:
    """Return the period under which the pack on a clause after a night is issued."""
    return _short(f"{system}-{clause}-{night}")


def _short(name: str) -> str:
    """Return `name` as it is up to 64 characters, which is what an issue's key takes."""
    if len(name) <= PERIOD:
        return name
    return f"{name[: PERIOD - 13]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def finished_morning(portfolio: Portfolio, lake: Lake, folder: Path, day: date) -> FinishedReport:
    """Return the morning dashboard of the night of `day`."""
    facts = _facts(portfolio, lake, day)
    return FinishedReport(
        report="morning",
        period=day.isoformat(),
        file=folder / f"dashboard/{day}/index.html",
        subject=f"AI systems, night of {day}, {portfolio.hospital.name}",
        body=f"The morning dashboard of the night of {day} is attached.\n{_in_breach(facts)}",
        facts=facts,
    )


def _quarter_facts(
    portfolio: Portfolio, lake: Lake, start: date, end: date, known_by: date
) -> dict[str, str]:
    """Return each area's verdict and each system's main figure as the report has them.

    They are of the last night from `start` to `end` that was evaluated by `known_by`.
    """
    facts = {}
    for system in portfolio.monitored:
        for area in Area:
            figures = _last_night(lake, area, system.id, (start, end), known_by)
            verdict = worst(figure.verdict for figure in figures)
            facts[f"{system.id} {area}"] = verdict.value
            main = main_figure(figures) if area is Area.PERFORMANCE else None
            if main is not None:
                view = figure_view(main, system)
                numbers = [view.value, f"({view.bounds})" if view.bounds else "", view.n]
                facts[f"{system.id} {view.title}"] = " ".join(filter(None, numbers))
    return facts


def _last_night(
    lake: Lake, area: Area, system: str, period: tuple[date, date], known_by: date
) -> list[Figure]:
    start, end = period
    for day in reversed(lake.days(TABLES[area], system)):
        if start <= day <= end:
            figures = night(lake, area, system, day, known_by)
            if figures:
                return [figure for figure in figures if not figure.background]
    return []


def _facts(portfolio: Portfolio, lake: Lake, day: date) -> dict[str, str]:
    return {
        f"{status.system.id} {area}": found.verdict.value
        for status in portfolio_status(portfolio, lake, day)
        for area, found in status.areas.items()
    }


def _in_breach(facts: Mapping[str, str]) -> str:
    breached = [name for name, said in facts.items() if said == Verdict.BREACH.value]
    return f"In breach: {', '.join(breached)}." if breached else "No system is in breach."
