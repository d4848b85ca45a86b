"""How long the pages and the report of a growing hospital take: CPU seconds, one process.

python -m benchmarks.reports 12 60 300
"""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from report_hospital import DAY, SYSTEMS, nights, paper_incidents, paper_lake, paper_portfolio

from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Portfolio
from aiops_pipelines.reports import dashboard_pages, render_quarterly

PERIOD = (date(2026, 1, 1), date(2026, 3, 31), date(2026, 3, 31))


def main(sizes: list[int]) -> None:
    """Print a line for each number of systems; all share the largest hospital's lake."""
    ids = [*SYSTEMS, *(f"regional-{number}" for number in range(max(sizes)))]
    with tempfile.TemporaryDirectory() as folder:
        root = paper_lake(Path(folder), paper_portfolio(ids[: max(sizes)]), nights(2)).root
        dashboard_pages(paper_portfolio(ids[:1]), Lake(root), [], DAY)
        for size in sizes:
            _measure(paper_portfolio(ids[:size]), Lake(root))


def _measure(portfolio: Portfolio, lake: Lake) -> None:
    size = len(portfolio.monitored)
    start = time.process_time()
    dashboard_pages(portfolio, lake, paper_incidents(), DAY)
    pages = time.process_time() - start
    start = time.process_time()
    pdf = render_quarterly(portfolio, lake, paper_incidents(), *PERIOD)
    report = time.process_time() - start
    print(
        f"{size:4} systems: day's pages {pages:6.1f} s ({1000 * pages / size:.0f} ms a system), "
        f"quarterly PDF {report:6.1f} s ({1000 * report / size:.0f} ms a system), "
        f"{len(pdf) / 1e6:.1f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [12, 60, 300])
