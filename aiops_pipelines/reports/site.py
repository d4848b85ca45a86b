"""All pages of one day together: the dashboard, a page a system, and the index of days."""

from collections.abc import Sequence
from datetime import date

from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.incidents import Incident, Restriction
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Portfolio
from aiops_pipelines.reports.dashboard import render_dashboard, render_index
from aiops_pipelines.reports.links import Links
from aiops_pipelines.reports.system_page import render_system_page

FOLDER = "dashboard"
_PLAIN = Links()


def dashboard_pages(
    portfolio: Portfolio,
    lake: Lake,
    incidents: Sequence[Incident],
    day: date,
    links: Links = _PLAIN,
    restrictions: Sequence[Restriction] = (),
) -> dict[str, str]:
    """Return the day's pages by file name: `dashboard/<day>/...` and `dashboard/index.html`.

    The index lists every day up to `day` that the lake holds an evaluation of.
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
    pages[f"{FOLDER}/index.html"] = render_index(
        [*evaluated_days(portfolio, lake, day), day], links
    )
    return pages


def evaluated_days(portfolio: Portfolio, lake: Lake, until: date) -> list[date]:
    """Return the days up to `until` on which any area of any system was judged."""
    return sorted(
        {
            day
            for system in portfolio.monitored
            for table in TABLES.values()
            for day in lake.days(table, system.id)
            if day <= until
        }
    )
