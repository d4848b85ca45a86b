"""Simulates intervals, verdicts and alarms, and writes their tables into docs/validation.md.

    python -m benchmarks.coverage.run [PART ...] [--share 0.1]

Without a PART all of them, as many at once as there are cores. Seeds are fixed: the same code and
share give the same tables. What an interrupted run has finished is kept in build/coverage/ and
not simulated again, unless the code changed or the part is named.
"""

import argparse
import hashlib
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.coverage import (
    audits,
    changes,
    contracts,
    errors,
    estimates,
    figure_blocks,
    intervals,
    sequential,
    shrinkage,
)
from benchmarks.coverage.tally import Part
from benchmarks.tables import write_block

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "validation.md"
KEPT = ROOT / "build" / "coverage"
DOMAIN = ROOT / "aiops_pipelines"
CODE = (
    *(DOMAIN / room for room in ("statistics", "evaluation", "contracts")),
    Path(__file__).parent,
)
PARTS: dict[str, Part] = {
    **intervals.PARTS,
    **errors.PARTS,
    **audits.PARTS,
    **shrinkage.PARTS,
    **estimates.PARTS,
    **changes.PARTS,
    **sequential.PARTS,
    **figure_blocks.PARTS,
    **contracts.PARTS,
}


def main(chosen: list[str], share: float) -> None:
    """Write the tables of the chosen parts, or of all that this code has not simulated yet."""
    KEPT.mkdir(parents=True, exist_ok=True)
    code = digest()
    kept = {name: KEPT / f"{name}-{share:g}-{code}.md" for name in chosen or PARTS}
    with ProcessPoolExecutor() as processes:
        running = {
            processes.submit(simulated, name, share): name
            for name, file in kept.items()
            if chosen or not file.exists()
        }
        for done in as_completed(running):
            text, seconds = done.result()
            kept[running[done]].write_text(text)
            print(f"{running[done]}: {seconds:.0f} s", flush=True)
    for name, file in kept.items():
        write_block(DOCUMENT, name, f"\n{file.read_text()}")


def simulated(name: str, share: float) -> tuple[str, float]:
    """Return a part's table and the seconds that it took."""
    start = time.perf_counter()
    return PARTS[name](share), time.perf_counter() - start


def digest() -> str:
    """Return what identifies the code that is simulated, and the simulations'."""
    files = sorted(file for folder in CODE for file in folder.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--share", type=float, default=1.0, help="of the repetitions")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    main(given.parts, given.share)
