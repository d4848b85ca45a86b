"""A hospital of a few systems with a short reference period, worked through the `aiops` command."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import forked
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[2]
FIRST, REFERENCE_END, LAST = date(2026, 8, 31), date(2026, 9, 13), date(2026, 9, 29)
KEY = "a key that only tests use, long enough"


@dataclass(frozen=True)
class MiniHospital:
    """A portfolio and a data folder of their own, and the command to work on them."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "var"

    @property
    def feeds(self) -> Path:
        return self.home / "feeds"

    @property
    def systems(self) -> Path:
        return self.folder / "portfolio" / "systems"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIOPS_")}
        kept.pop("DAGSTER_HOME", None)
        return kept | {
            "AIOPS_HOME": str(self.home),
            "AIOPS_PORTFOLIO": str(self.folder / "portfolio"),
            "AIOPS_PSEUDONYM_KEY": KEY,
            "AIOPS_WORKERS": "1",
            "COLUMNS": "200",
        }

    def aiops(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return forked.run(arguments, self.environment(), self.folder, timeout=600)

    def start(self, *arguments: str, stderr: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start the command as a user does, in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "aiops_pipelines.cli", *arguments],
            env=self.environment(),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            text=True,
        )

    def json(self, *arguments: str) -> Any:
        """Return what the command prints as JSON."""
        done = self.aiops(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def status(self, system: str, day: date = LAST) -> dict[str, Any]:
        rows = self.json("status", "--day", day.isoformat())
        return next(row for row in rows if row["system"] == system)

    def predictions(self, system: str, day: date = LAST) -> list[dict[str, Any]]:
        file = self.home / "lake" / "predictions" / system / f"{day}.parquet"
        rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
        return rows

    def simulate(self) -> None:
        done = self.aiops("simulate", "--from", str(FIRST), "--to", str(LAST))
        assert done.returncode == 0, done.stderr

    def run(self, day: date = LAST, *more: str) -> subprocess.CompletedProcess[str]:
        return self.aiops("run", "--day", str(day), "--as-of", str(day), *more)

    def backfill(self, last: date = LAST - timedelta(days=1)) -> subprocess.CompletedProcess[str]:
        return self.aiops("backfill", "--from", str(FIRST), "--to", str(last), "--as-of", str(last))

    def lake_bytes(self, *tables: str) -> dict[str, bytes]:
        """Return the lake's files but for what was seen when, which no two runs share."""
        files = sorted((self.home / "lake").rglob("*.parquet"))
        named = {str(file.relative_to(self.home / "lake")): file.read_bytes() for file in files}
        return {
            name: data
            for name, data in named.items()
            if not name.startswith("deliveries_seen/") and (not tables or name.startswith(tables))
        }


def make(folder: Path, systems: Sequence[str]) -> MiniHospital:
    """Return a hospital in `folder` with these of the example's systems, reference shortened."""
    hospital = MiniHospital(folder)
    hospital.systems.mkdir(parents=True)
    example = ROOT / "portfolio"
    text = (example / "hospital.yaml").read_text()
    text = re.sub(r"monitoring_start: \S+", f"monitoring_start: {FIRST}", text)
    (folder / "portfolio" / "hospital.yaml").write_text(text)
    for system in systems:
        text = (example / "systems" / f"{system}.yaml").read_text()
        text = re.sub(
            r"reference: \{.*\}", f"reference: {{from: {FIRST}, to: {REFERENCE_END}}}", text
        )
        (hospital.systems / f"{system}.yaml").write_text(text)
    return hospital
