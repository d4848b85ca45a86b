"""Reports ready to be issued: their files, what an e-mail says, what they state in short."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from aiops_pipelines.delivery import FinishedReport
from aiops_pipelines.evaluation.status import portfolio_status
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Portfolio
from aiops_pipelines.verdict import Verdict


def quarterly_file(start: date) -> str:
    """Return the quarterly report's file name below the folder of reports."""
    return f"quarterly/portfolio-{quarter_name(start)}.pdf"


def quarter_name(start: date) -> str:
    """Return the name of the quarter that begins on `start`: "2026-Q3"."""
    return f"{start.year}-Q{(start.month + 2) // 3}"


def finished_quarter(
    portfolio: Portfolio, lake: Lake, folder: Path, start: date, as_of: date
) -> FinishedReport:
    """Return the quarterly report of the quarter that begins on `start`, as known on `as_of`."""
    facts = _facts(portfolio, lake, as_of)
    quarter = quarter_name(start)
    return FinishedReport(
        report="quarterly",
        period=quarter,
        file=folder / quarterly_file(start),
        subject=f"AI portfolio report {quarter}, {portfolio.hospital.name}",
        body=f"The AI portfolio report of {quarter} is attached, as known on {as_of}.\n"
        f"{_in_breach(facts)}",
        facts=facts,
    )


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


def _facts(portfolio: Portfolio, lake: Lake, day: date) -> dict[str, str]:
    return {
        f"{status.system.id} {area}": found.verdict.value
        for status in portfolio_status(portfolio, lake, day)
        for area, found in status.areas.items()
    }


def _in_breach(facts: Mapping[str, str]) -> str:
    breached = [name for name, said in facts.items() if said == Verdict.BREACH.value]
    return f"In breach: {', '.join(breached)}." if breached else "No system is in breach."
