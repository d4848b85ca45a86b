"""Where work is done: here, or side by side in processes that stay and end with their parent."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Line = TypeVar("Line", bound=Hashable)


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Return a pool of spawned processes that die with this one: killed, it leaves nothing on."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, spawn, initializer=_end_with_parent)


class ThisProcess(Executor):
    """Makes each call at once, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Return the finished future of the call."""
        future = Future[T]()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  whoever asks for the result gets it
            future.set_exception(error)
        return future


def side_by_side(
    processes: Sequence[Executor], lines: Mapping[Line, Sequence[Callable[[], T]]]
) -> Iterator[T]:
    """Run each line's calls in order, the lines side by side; yield results as they come.

    A line stays with the process that began it, which has its data at hand, until another process
    has none left of its own. `processes` are pools of one worker.
    """
    left = {line: deque(calls) for line, calls in lines.items()}
    begun: dict[Line, Executor] = {}
    running: dict[Future[T], tuple[Line, Executor]] = {}
    idle = list(processes)
    while True:
        while idle:
            busy = {line for line, _ in running.values()}
            ready = [line for line, calls in left.items() if calls and line not in busy]
            if not ready:
                break
            process = idle.pop()
            line = _next_line(process, ready, begun, left)
            begun[line] = process
            running[process.submit(left[line].popleft())] = line, process
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            _, process = running.pop(future)
            idle.append(process)
            yield future.result()


def _next_line(
    process: Executor,
    ready: Sequence[Line],
    begun: Mapping[Line, Executor],
    left: Mapping[Line, Sequence[object]],
) -> Line:
    """Return a line nobody began, else the process's own, else another's; the longest first."""

    def rank(line: Line) -> tuple[int, int]:
        by = begun.get(line)
        return (2 if by is None else int(by is process), len(left[line]))

    return max(ready, key=rank)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
