"""Lines of calls side by side: each in its order, each with its own process while there is work."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from aiops_pipelines.processes import ThisProcess, side_by_side

Told = tuple[str, int, int]
PATIENCE = 30.0


@pytest.fixture
def pools() -> Iterator[list[ThreadPoolExecutor]]:
    """Two executors of one worker each, as the runner's processes are."""
    with ExitStack() as stack:
        yield [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(2)]


def call(line: str, step: int, before: Callable[[], object] = int) -> Callable[[], Told]:
    """Return a call that tells its line, its step and the worker that ran it."""

    def told() -> Told:
        before()
        return line, step, threading.get_ident()

    return told


def test_each_call_runs_once_and_each_line_in_its_order(pools: list[ThreadPoolExecutor]) -> None:
    lines = {name: [call(name, step) for step in range(4)] for name in "abcde"}
    told = list(side_by_side(pools, lines))
    for name in lines:
        assert [step for line, step, _ in told if line == name] == [0, 1, 2, 3]


def test_alone_each_call_runs_here_and_fails_to_whoever_asks_for_its_result() -> None:
    told = list(side_by_side([ThisProcess()], {"a": [call("a", 0), call("a", 1)]}))
    assert told == [("a", 0, threading.get_ident()), ("a", 1, threading.get_ident())]
    with pytest.raises(ZeroDivisionError):
        ThisProcess().submit(lambda: 1 / 0).result()


def test_a_line_stays_with_the_worker_that_began_it(pools: list[ThreadPoolExecutor]) -> None:
    meet = threading.Barrier(2, timeout=PATIENCE).wait
    lines = {name: [call(name, step, meet) for step in range(4)] for name in "ab"}
    told = list(side_by_side(pools, lines))
    workers = {name: {worker for line, _, worker in told if line == name} for name in "ab"}
    assert all(len(each) == 1 for each in workers.values()) and workers["a"] != workers["b"]


def test_a_worker_without_a_line_takes_on_one_whose_worker_is_busy(
    pools: list[ThreadPoolExecutor],
) -> None:
    long_began, rest_done = threading.Event(), threading.Event()

    def hold() -> None:
        long_began.set()
        assert rest_done.wait(PATIENCE)

    lines = {
        "p": [call("p", 0), call("p", 1, rest_done.set)],
        "q": [call("q", 0, lambda: long_began.wait(PATIENCE)), call("q", 1)],
        "long": [call("long", 0, hold)],
    }
    told = {(line, step): worker for line, step, worker in side_by_side(pools, lines)}
    assert told["p", 0] == told["long", 0] != told["p", 1]


def test_an_error_in_a_call_is_raised_where_its_result_would_be(
    pools: list[ThreadPoolExecutor],
) -> None:
    def broken() -> Told:
        raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        list(side_by_side(pools, {"a": [call("a", 0), broken]}))
