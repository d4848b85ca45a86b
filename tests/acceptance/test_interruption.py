"""A demo that is killed in the middle and called again ends as if nothing had happened."""

import contextlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

from mini_hospital import ROOT, MiniHospital


class SmallDemo(MiniHospital):
    """The demo on one of the example's systems."""

    def prepare(self) -> None:
        self.systems.mkdir(parents=True)
        shutil.copy(ROOT / "portfolio" / "hospital.yaml", self.systems.parent)
        shutil.copy(ROOT / "portfolio" / "systems" / "lung-nodule-ct.yaml", self.systems)


def test_a_demo_killed_in_a_night_ends_in_the_same_bytes(tmp_path: Path) -> None:
    whole, killed = SmallDemo(tmp_path / "whole"), SmallDemo(tmp_path / "killed")
    for each in (whole, killed):
        each.prepare()
    arguments = ["demo", "--nights", "2"]
    assert whole.aiops(*arguments).returncode == 0
    for table in ("daily_statistics", "performance"):
        kill_when_written(killed, table, arguments)
    finished = killed.aiops(*arguments)
    assert finished.returncode == 0, finished.stderr
    assert killed.lake_bytes() == whole.lake_bytes()
    assert identities(killed) == identities(whole)


def kill_when_written(demo: MiniHospital, table: str, arguments: list[str]) -> None:
    """Start the demo and kill it, hard, in the middle: at the first file of the lake's `table`."""
    with demo.start(*arguments) as process:
        while not any(demo.home.glob(f"lake/{table}/*/*.parquet")):
            with contextlib.suppress(subprocess.TimeoutExpired):
                assert process.wait(0.02) is None, "the demo ended before it could be killed"
        process.kill()


def identities(demo: MiniHospital) -> list[dict[str, Any]]:
    incidents = demo.json("incidents", "list")
    return [{name: each[name] for name in each if name != "timeline"} for each in incidents]
