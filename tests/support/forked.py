"""The `aiops` command in a process of its own, forked from one that has the libraries loaded.

Loading them anew costs more than most commands' work. What the project itself keeps in a process
starts afresh each time, as it does for a user.
"""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

LIBRARIES = ["alembic", "dagster", "great_expectations", "numba", "pyarrow.parquet", "typer"]

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(LIBRARIES)


def run(
    arguments: tuple[str, ...], environment: dict[str, str], folder: Path, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Run `aiops` with `arguments` in `folder`; return its exit code and what it wrote."""
    with TemporaryDirectory() as written:
        files = Path(written, "output"), Path(written, "errors")
        given = (arguments, environment, folder, *files)
        process = _processes.Process(target=_run_here, args=given)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(arguments, timeout)
        output, errors = (file.read_text() for file in files)
        return subprocess.CompletedProcess(arguments, process.exitcode, output, errors)


def _run_here(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    folder: Path,
    output: Path,
    errors: Path,
) -> None:
    for stream, path in ((sys.stdout, output), (sys.stderr, errors)):
        stream.flush()
        with path.open("w") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    from aiops_pipelines.cli import app

    app(arguments)
