"""The mathematics of monitoring: numpy arrays in, frozen dataclasses out, no input or output.

Scores are float arrays, labels 0/1 or bool; `level=0.95` everywhere. Each result carries its
interval, its n and its method; what does not exist is None, never 0.0 or NaN in disguise.
"""

from aiops_pipelines.statistics.boundaries import bernoulli_confidence_interval
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.mean_shift import MeanShiftDetector
from aiops_pipelines.statistics.rate_exceedance import RateExceedance
from aiops_pipelines.statistics.shiryaev_roberts import ShiryaevRoberts, shiryaev_roberts_paths

__all__ = [
    "Estimate",
    "MeanShiftDetector",
    "RateExceedance",
    "ShiryaevRoberts",
    "bernoulli_confidence_interval",
    "shiryaev_roberts_paths",
]
