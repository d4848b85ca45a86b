"""Times a task call by call, as the other side of a pipe asks for it: CPU seconds of one thread."""

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

Task = Callable[[], Any]


def serve(task: Task, factor: float = 1.0) -> None:
    """Say "ready"; print the seconds of a call, times `factor`, for each line of input.

    At the end of the input print the process's peak memory in MB.
    """
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.process_time()
        task()
        print((time.process_time() - start) * factor, flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
