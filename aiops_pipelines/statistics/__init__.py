"""The mathematics of monitoring: numpy arrays in, frozen dataclasses out, no input or output.

Scores are float arrays, labels 0/1 or bool; `level=0.95` everywhere. Each result carries its
interval, its n and its method; what does not exist is None, never 0.0 or NaN in disguise.
"""

from aiops_pipelines.statistics.estimate import Estimate

__all__ = ["Estimate"]
