"""Compiles the kernels once, at installation: `python -m aiops_pipelines.statistics.kernels`."""

import numpy as np

from aiops_pipelines.statistics.histogram import Histogram, reference_edges


def compile_kernels() -> None:
    """Run each compiled kernel on a few cases, so that its machine code is cached on disk."""
    score, label = np.array([0.2, 0.7, 0.4]), np.array([0, 1, 1])
    Histogram.from_cases(score, label, reference_edges(score, [0.5]))


if __name__ == "__main__":
    compile_kernels()
