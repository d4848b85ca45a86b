"""All pages of one day together: the dashboard, a page a system, and the index of days."""

from collections.abc import Mapping, Sequence
from datetime import date

from aiops_pipelines.evaluation.status import TABLES, portfolio_status
from aiops_pipelines.incidents import Incident, Restriction
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Portfolio
from aiops_pipelines.reports.dashboard import render_dashboard
from aiops_pipelines.reports.index_page import (
    FOLDER,
    TALLY,
    Tally,
    render_index,
    tally_of,
    tally_text,
)
from aiops_pipelines.reports.links import Links
from aiops_pipelines.reports.system_page import render_system_page

_PLAIN = Links()
_FIRST: Mapping[date, Tally] = {}


def dashboard_pages(
    portfolio: Portfolio,
    lake: Lake,
    incidents: Sequence[Incident],
    day: date,
    links: Links = _PLAIN,
    restrictions: Sequence[Restriction] = (),
    written: Mapping[date, Tally] = _FIRST,
) -> dict[str, str]:
    """Return the day's files by name: `dashboard/<day>/...` and `dashboard/index.html`.

    The index lists the days of `written`, which have a page already, and without a link every
    other day that the lake holds an evaluation of.
    """
    folder = f"{FOLDER}/{day.isoformat()}"
    pages = {
        f"{folder}/index.html": render_dashboard(
            portfolio, lake, incidents, day, links, restrictions
        )
    }
    for system in portfolio.monitored:
        name = f"{folder}/{links.system_page(system.id)}"
        pages[name] = render_system_page(
            portfolio, lake, incidents, system.id, day, links, restrictions
        )
    tally = tally_of(portfolio_status(portfolio, lake, day))
    pages[f"{folder}/{TALLY}"] = tally_text(tally)
    known = {**written, day: tally}
    pages[f"{FOLDER}/index.html"] = render_index(known, evaluated_days(portfolio, lake), links)
    return pages


def evaluated_days(portfolio: Portfolio, lake: Lake) -> list[date]:
    """Return the days on which any area of any system was judged."""
    return sorted(
        {
            day
            for system in portfolio.monitored
            for table in TABLES.values()
            for day in lake.days(table, system.id)
        }
    )
