"""The mathematics of monitoring: numpy arrays in, frozen dataclasses out, no input or output.

Scores are float arrays, labels 0/1 or bool; `level=0.95` everywhere. Each result carries its
interval, its n and its method; what does not exist is None, never 0.0 or NaN in disguise.
"""

from aiops_pipelines.statistics.agreement import (
    Multiclass,
    Ordinal,
    confusion_matrix,
    multiclass,
    ordinal,
    ordinal_from_confusion,
)
from aiops_pipelines.statistics.betting import (
    betting_confidence_sequence,
    betting_log_capital,
    empirical_bernstein_confidence_sequence,
)
from aiops_pipelines.statistics.boundaries import bernoulli_confidence_interval
from aiops_pipelines.statistics.brier_parts import BrierParts, brier_parts
from aiops_pipelines.statistics.calibration import (
    Calibration,
    Recalibration,
    Spiegelhalter,
    calibration,
    cox_recalibration,
)
from aiops_pipelines.statistics.change_point import ChangePoint, change_point
from aiops_pipelines.statistics.count_forecast import count_forecast
from aiops_pipelines.statistics.cusum import BernoulliCusum, SprtLines, sprt_lines
from aiops_pipelines.statistics.decomposition import (
    ShiftCells,
    ShiftDecomposition,
    decompose_shift,
    decompose_shift_cells,
)
from aiops_pipelines.statistics.delay_curve import DelayCurve
from aiops_pipelines.statistics.drift import Drift, domain_classifier, drift, drift_series
from aiops_pipelines.statistics.drift_impact import expected_auroc_change, expected_mean_change
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.estimated import (
    EstimatedPerformance,
    EstimatedPoint,
    estimate_performance,
    estimate_performance_from_counts,
)
from aiops_pipelines.statistics.exact import Brier, ExactMetrics, brier, exact_metrics, log_loss
from aiops_pipelines.statistics.features import (
    FeatureBins,
    FeatureCounts,
    categorical_bins,
    numeric_bins,
)
from aiops_pipelines.statistics.histogram import FlagCounts, Histogram
from aiops_pipelines.statistics.mean_shift import MeanShiftDetector
from aiops_pipelines.statistics.multiplicity import (
    Discoveries,
    benjamini_hochberg,
    e_bh,
    lord,
    saffron,
)
from aiops_pipelines.statistics.operating import (
    OperatingPoint,
    net_benefit,
    operating_point,
    operating_point_from_counts,
)
from aiops_pipelines.statistics.percentiles import median, percentile
from aiops_pipelines.statistics.predictive_values import complement, predictive_value
from aiops_pipelines.statistics.proportions import (
    McNemar,
    Proportions,
    estimate_difference,
    mcnemar,
    paired_difference,
    proportion,
    proportion_difference,
    proportions,
)
from aiops_pipelines.statistics.ranking import (
    AurocDifference,
    auroc,
    average_precision,
    compare_auroc,
)
from aiops_pipelines.statistics.rate_exceedance import RateExceedance
from aiops_pipelines.statistics.regression import Regression, RegressionSums, regression
from aiops_pipelines.statistics.reliability import HosmerLemeshow, Reliability, hosmer_lemeshow
from aiops_pipelines.statistics.sample_size import SampleSize, sample_size
from aiops_pipelines.statistics.score_edges import coarse_edges, edges_digest, reference_edges
from aiops_pipelines.statistics.shiryaev_roberts import ShiryaevRoberts, shiryaev_roberts_paths
from aiops_pipelines.statistics.shrinkage import Shrunk, shrunk_rates
from aiops_pipelines.statistics.subgroup_counts import SubgroupCounts, count_groups
from aiops_pipelines.statistics.subgroups import (
    Gap,
    Spread,
    SubgroupGaps,
    SubgroupReport,
    subgroup_gaps,
)
from aiops_pipelines.statistics.suppression import Count, ShownCount, Suppressed, suppress
from aiops_pipelines.statistics.trailing import trailing
from aiops_pipelines.statistics.verification import (
    AuditShare,
    AuditSize,
    VerificationCounts,
    Verified,
    audit_share,
    audit_size,
    verification_adjusted,
    verification_adjusted_from_counts,
)

__all__ = [
    "AuditShare",
    "AuditSize",
    "AurocDifference",
    "BernoulliCusum",
    "Brier",
    "BrierParts",
    "Calibration",
    "ChangePoint",
    "Count",
    "DelayCurve",
    "Discoveries",
    "Drift",
    "Estimate",
    "EstimatedPerformance",
    "EstimatedPoint",
    "ExactMetrics",
    "FeatureBins",
    "FeatureCounts",
    "FlagCounts",
    "Gap",
    "Histogram",
    "HosmerLemeshow",
    "McNemar",
    "MeanShiftDetector",
    "Multiclass",
    "OperatingPoint",
    "Ordinal",
    "Proportions",
    "RateExceedance",
    "Recalibration",
    "Regression",
    "RegressionSums",
    "Reliability",
    "SampleSize",
    "ShiftCells",
    "ShiftDecomposition",
    "ShiryaevRoberts",
    "ShownCount",
    "Shrunk",
    "Spiegelhalter",
    "Spread",
    "SprtLines",
    "SubgroupCounts",
    "SubgroupGaps",
    "SubgroupReport",
    "Suppressed",
    "VerificationCounts",
    "Verified",
    "audit_share",
    "audit_size",
    "auroc",
    "average_precision",
    "benjamini_hochberg",
    "bernoulli_confidence_interval",
    "betting_confidence_sequence",
    "betting_log_capital",
    "brier",
    "brier_parts",
    "calibration",
    "categorical_bins",
    "change_point",
    "coarse_edges",
    "compare_auroc",
    "complement",
    "confusion_matrix",
    "count_forecast",
    "count_groups",
    "cox_recalibration",
    "decompose_shift",
    "decompose_shift_cells",
    "domain_classifier",
    "drift",
    "drift_series",
    "e_bh",
    "edges_digest",
    "empirical_bernstein_confidence_sequence",
    "estimate_difference",
    "estimate_performance",
    "estimate_performance_from_counts",
    "exact_metrics",
    "expected_auroc_change",
    "expected_mean_change",
    "hosmer_lemeshow",
    "log_loss",
    "lord",
    "mcnemar",
    "median",
    "multiclass",
    "net_benefit",
    "numeric_bins",
    "operating_point",
    "operating_point_from_counts",
    "ordinal",
    "ordinal_from_confusion",
    "paired_difference",
    "percentile",
    "predictive_value",
    "proportion",
    "proportion_difference",
    "proportions",
    "reference_edges",
    "regression",
    "saffron",
    "sample_size",
    "shiryaev_roberts_paths",
    "shrunk_rates",
    "sprt_lines",
    "subgroup_gaps",
    "suppress",
    "trailing",
    "verification_adjusted",
    "verification_adjusted_from_counts",
]
