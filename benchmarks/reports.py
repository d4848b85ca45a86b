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

from aiops_pipelines.reports import dashboard_pages, render_quarterly

PERIOD = (date(2026, 1, 1), date(2026, 3, 31), date(2026, 3, 31))


def main(sizes: list[int]) -> None:
    """Print a line for each number of systems."""
    warmed = False
    for size in sizes:
        ids = [*SYSTEMS, *(f"regional-{number}" for number in range(size))][:size]
        portfolio = paper_portfolio(ids)
        with tempfile.TemporaryDirectory() as folder:
            lake = paper_lake(Path(folder), portfolio, nights(2))
            if not warmed:
                dashboard_pages(paper_portfolio(ids[:1]), lake, [], DAY)
                warmed = True
            start = time.process_time()
            dashboard_pages(portfolio, lake, paper_incidents(), DAY)
            pages = time.process_time() - start
            start = time.process_time()
            pdf = render_quarterly(portfolio, lake, paper_incidents(), *PERIOD)
            report = time.process_time() - start
        each = 1000 * report / size
        print(
            f"{size:4} systems: day's pages {pages:6.1f} s, quarterly PDF {report:6.1f} s "
            f"({each:.0f} ms a system), {len(pdf) / 1e6:.1f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [12, 60, 300])
