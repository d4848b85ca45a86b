"""Runs a task some times in this process and prints its seconds and peak memory as JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

Task = Callable[[], Any]


def report(task: Task, repetitions: int, factor: float = 1.0) -> None:
    """Print seconds of each of `repetitions` calls, times `factor`, and the peak in MB."""
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        task()
        seconds.append((time.perf_counter() - start) * factor)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"seconds": seconds, "peak_mb": peak}, sys.stdout)
