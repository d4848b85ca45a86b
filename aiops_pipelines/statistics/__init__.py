"""The mathematics of monitoring: numpy arrays in, frozen dataclasses out, no input or output.

Scores are float arrays, labels 0/1 or bool; `level=0.95` everywhere. Each result carries its
interval, its n and its method; what does not exist is None, never 0.0 or NaN in disguise.
"""

from aiops_pipelines.statistics.betting import (
    betting_confidence_sequence,
    betting_log_capital,
    empirical_bernstein_confidence_sequence,
)
from aiops_pipelines.statistics.boundaries import bernoulli_confidence_interval
from aiops_pipelines.statistics.change_point import ChangePoint, change_point
from aiops_pipelines.statistics.cusum import BernoulliCusum, SprtLines, sprt_lines
from aiops_pipelines.statistics.decomposition import (
    ShiftCells,
    ShiftDecomposition,
    decompose_shift,
    decompose_shift_cells,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.mean_shift import MeanShiftDetector
from aiops_pipelines.statistics.multiplicity import (
    Discoveries,
    benjamini_hochberg,
    e_bh,
    lord,
    saffron,
)
from aiops_pipelines.statistics.rate_exceedance import RateExceedance
from aiops_pipelines.statistics.sample_size import SampleSize, sample_size
from aiops_pipelines.statistics.shiryaev_roberts import ShiryaevRoberts, shiryaev_roberts_paths

__all__ = [
    "BernoulliCusum",
    "ChangePoint",
    "Discoveries",
    "Estimate",
    "MeanShiftDetector",
    "RateExceedance",
    "SampleSize",
    "ShiftCells",
    "ShiftDecomposition",
    "ShiryaevRoberts",
    "SprtLines",
    "benjamini_hochberg",
    "bernoulli_confidence_interval",
    "betting_confidence_sequence",
    "betting_log_capital",
    "change_point",
    "decompose_shift",
    "decompose_shift_cells",
    "e_bh",
    "empirical_bernstein_confidence_sequence",
    "lord",
    "saffron",
    "sample_size",
    "shiryaev_roberts_paths",
    "sprt_lines",
]
