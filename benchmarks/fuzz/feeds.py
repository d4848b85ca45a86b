"""Feeds damaged files to every parser for a given time and counts them.

Usage: python benchmarks/fuzz/feeds.py [SECONDS]. Hypothesis makes and, on a failure, shrinks the
inputs; each round has a seed of its own, which is printed with what it broke.
"""

import logging
import sys
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))

from feed_fuzz import CHECKS

ROUND = 200


def main(seconds: float) -> int:
    """Run rounds over all kinds until the time is over; return 1 if anything was raised."""
    logging.disable(logging.CRITICAL)
    inputs, broken = Counter[str](), Counter[str]()
    end, number = time.monotonic() + seconds, int(time.time())
    while time.monotonic() < end:
        number += 1
        for kind in CHECKS:
            try:
                _round(kind, number, inputs)
            except Exception as error:  # noqa: BLE001  any is a finding, told below
                broken[kind] += 1
                print(f"{kind}, seed {number}: {type(error).__name__}: {error}"[:2000], flush=True)
            if time.monotonic() > end:
                break
    for kind in CHECKS:
        print(f"{kind:10} {inputs[kind]:9,} inputs {broken[kind]:3} failures")
    print(f"{'all':10} {inputs.total():9,} inputs {broken.total():3} failures in {seconds:.0f} s")
    return int(bool(broken))


def _round(kind: str, number: int, inputs: Counter[str]) -> None:
    strategy, run = CHECKS[kind]

    @seed(number)
    @given(strategy)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    def holds(delivery: object) -> None:
        inputs[kind] += 1
        run(delivery)

    holds()


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600))
