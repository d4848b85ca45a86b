"""Two sides of a comparison, called in turn, so that other work on the machine slows both alike."""

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
OTHERS = ROOT / ".venv-others"
FOLDER = ROOT / "build" / "benchmarks"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
ROUNDS, ENOUGH_SECONDS = 9, 40.0
WARM_UP_SECONDS = 10.0
"""A first call of the other that is shorter than this is a warm-up and does not count."""


class Side:
    """A task that waits in a process of its own until it is called."""

    def __init__(self, python: Path | str, module: str, task: str, rows: int) -> None:
        self.name = f"{module} {task} {rows:,}"
        command = [str(python), "-m", f"benchmarks.speed.{module}", task, str(rows), str(FOLDER)]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    @classmethod
    def ours(cls, task: str, rows: int) -> Self:
        """Return a task of ours."""
        return cls(sys.executable, "ours", task, rows)

    @classmethod
    def others(cls, task: str, rows: int) -> Self:
        """Return a task of another library, in the others' environment."""
        return cls(OTHERS / "bin" / "python", "others", task, rows)

    def call(self) -> float:
        """Return the seconds of one call."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._read())

    def close(self) -> float:
        """End the process; return its peak memory in MB."""
        self._process.stdin.close()
        peak = float(self._read())
        self._process.wait()
        return peak

    def _read(self) -> str:
        while line := self._process.stdout.readline():
            if line.strip() == "ready" or line[:1].isdigit():
                return line
        sys.exit(f"{self.name} failed: see above")


@dataclass(frozen=True)
class Compared:
    """Medians of both sides' seconds, of the ratios of their paired calls, and peaks in MB."""

    mine: float
    theirs: float
    ratio: float
    calls: int
    my_peak: float
    their_peak: float


def compare(mine: Side, theirs: Side) -> Compared:
    """Call both sides in turn, 9 times or for 40 seconds, after a warm-up where that is short."""
    print(f"{mine.name} | {theirs.name} ...", flush=True)
    mine.call()
    pairs = [(mine.call(), theirs.call())]
    if pairs[0][1] < WARM_UP_SECONDS:
        pairs.clear()
    while not pairs or (len(pairs) < ROUNDS and sum(map(sum, pairs)) < ENOUGH_SECONDS):
        pairs.append((mine.call(), theirs.call()))
    return Compared(
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(b / a for a, b in pairs),
        len(pairs),
        mine.close(),
        theirs.close(),
    )
