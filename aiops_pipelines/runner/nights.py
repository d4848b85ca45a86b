"""Tasks side by side, in processes that stay: histories, nights, mornings, quarters."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import Self

import dagster as dg

from aiops_pipelines.processes import ThisProcess, process_pool, side_by_side
from aiops_pipelines.runner.tasks import (
    Task,
    TaskResult,
    close_abandoned,
    run_task,
    skipped,
    succeeded,
)


class Runner:
    """Runs tasks in processes that stay for the next tasks; use it as a context manager.

    One worker is this process itself: what would wait alone need not start another.
    """

    def __init__(self, workers: int) -> None:
        """Take the number of processes to run tasks side by side in."""
        self.alone = workers == 1
        self._processes = [ThisProcess() if self.alone else process_pool(1) for _ in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.shutdown()

    def execute(
        self,
        tasks: Sequence[Task],
        *,
        again: bool = False,
        on_done: Callable[[TaskResult], None] = lambda _: None,
    ) -> list[TaskResult]:
        """Run the tasks and return their results in the order of the tasks.

        Tasks that have succeeded before are skipped, unless `again`.
        """
        with dg.DagsterInstance.get() as instance:
            done = set() if again else {task for task in tasks if succeeded(instance, task)}
            close_abandoned(instance)
        results = {task: skipped(task) for task in tasks if task in done}
        for result in results.values():
            on_done(result)
        left = {task: [partial(run_task, task)] for task in tasks if task not in done}
        for result in side_by_side(self._processes, left):
            results[result.task] = result
            on_done(result)
        return [results[task] for task in tasks]

    def replay(
        self,
        systems: Iterable[str],
        days: Sequence[date],
        *,
        on_night: Callable[[], None] = lambda: None,
    ) -> list[TaskResult]:
        """Run each system's nights in the order of `days`, late labels before each.

        The systems go side by side: none waits for another.
        """
        # Imported late: what reads feeds takes long to load, which --help need not wait for.
        from aiops_pipelines.runner.restatements import replay_night

        with dg.DagsterInstance.get() as instance:
            close_abandoned(instance)
        nights = {
            system: [partial(replay_night, system, day) for day in days] for system in systems
        }
        results: list[TaskResult] = []
        for night in side_by_side(self._processes, nights):
            results += night
            on_night()
        return results
