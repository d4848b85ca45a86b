"""Compiles all kernels once, at installation: `python -m aiops_pipelines.kernels`."""

import pyarrow as pa

from aiops_pipelines.feeds.pseudonym import Pseudonymiser
from aiops_pipelines.statistics.kernels import compile_kernels

if __name__ == "__main__":
    compile_kernels()
    Pseudonymiser(bytes(32)).column(pa.array(["1"]), "case")
