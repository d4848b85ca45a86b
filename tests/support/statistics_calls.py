"""One good call of every public function of the statistics, all arguments by keyword."""

import inspect
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np

from aiops_pipelines import statistics as s

SCORE = np.array([0.1, 0.4, 0.35, 0.8, 0.6, 0.2, 0.7, 0.3])
LABEL = np.array([0, 1, 0, 1, 1, 0, 0, 1])
OTHER = SCORE[::-1].copy()
EDGES = s.reference_edges(SCORE, [0.5])
HISTOGRAM = s.Histogram.from_cases(SCORE, LABEL, EDGES)
BINS = s.numeric_bins("age", SCORE)
COUNTS = s.FeatureCounts.from_values(BINS, SCORE)
RATE = s.proportion(8, 10)
SITES = ["a", "b", "a", "b", "a", "b", "a", "b"]
DAYS = [date(2026, 1, day) for day in range(1, 5)]
ROWS = np.random.default_rng(0).random((12, 2))

PUBLIC: Mapping[str, Callable[..., Any]] = {
    name: getattr(s, name) for name in s.__all__ if inspect.isfunction(getattr(s, name))
}

CALLS: Mapping[str, dict[str, Any]] = {
    "audit_share": {"audited": 20, "unflagged": 400, "audit_fraction": 0.25},
    "audit_size": {
        "unflagged": 500,
        "omission_rate": 0.02,
        "true_positives": 40,
        "half_width": 0.1,
    },
    "auroc": {"score": SCORE, "label": LABEL, "cluster": SITES},
    "average_precision": {"score": SCORE, "label": LABEL},
    "benjamini_hochberg": {"p_values": [0.01, 0.2, 0.5], "level": 0.05},
    "bernoulli_confidence_interval": {
        "events": 3,
        "trials": 20,
        "alpha": 0.05,
        "optimised_at": 100,
    },
    "betting_confidence_sequence": {"events": [1, 0, 2], "trials": [3, 2, 4], "truncation": 0.5},
    "betting_log_capital": {"events": [1, 0, 2], "trials": [3, 2, 4], "mean": 0.1, "theta": 0.5},
    "brier": {"score": SCORE, "label": LABEL, "bins": 4},
    "brier_parts": {"histogram": HISTOGRAM, "groups": 3, "seed": 1},
    "calibration": {"score": SCORE, "label": LABEL, "bins": 4},
    "categorical_bins": {"name": "site", "reference": SITES, "known": 10},
    "change_point": {"events": [1, 0, 2, 3], "trials": [3, 2, 4, 4], "days": DAYS},
    "coarse_edges": {"edges": EDGES, "operating_points": [0.5]},
    "compare_auroc": {"score_a": SCORE, "score_b": OTHER, "label": LABEL, "cluster": None},
    "complement": {"rate": RATE},
    "confusion_matrix": {"predicted": LABEL, "label": LABEL[::-1], "classes": 2},
    "count_forecast": {"history": [40, 45, 50], "others": [[30, 31]]},
    "count_groups": {
        "flagged": SCORE > 0.4,
        "label": LABEL,
        "codes": {"site": np.array([0, 1] * 4)},
        "names": {"site": ["a", "b"]},
        "labelled": np.ones(8, bool),
        "score": SCORE,
    },
    "cox_recalibration": {
        "logits": np.array([-1.0, 0.0, 1.0]),
        "positives": np.array([1.0, 2.0, 3.0]),
        "totals": np.array([4.0, 4.0, 4.0]),
    },
    "decompose_shift": {
        "reference": SCORE,
        "reference_slice": SITES,
        "current": OTHER,
        "current_slice": SITES,
        "reference_label": LABEL,
        "current_label": LABEL,
        "replicates": 20,
    },
    "decompose_shift_cells": {
        "cells": s.ShiftCells.from_cases(SCORE, SITES, OTHER, SITES),
        "replicates": 20,
    },
    "domain_classifier": {"reference": ROWS, "current": ROWS[::-1] ** 2},
    "drift": {"reference": SCORE, "current": OTHER[:5], "kind": "numeric"},
    "drift_series": {"reference": COUNTS, "days": [COUNTS]},
    "e_bh": {"e_values": [1.0, 100.0, 0.0], "level": 0.05},
    "edges_digest": {"edges": EDGES},
    "empirical_bernstein_confidence_sequence": {
        "events": [1, 0, 2],
        "trials": [3, 2, 4],
        "truncation": 0.5,
    },
    "estimate_difference": {"a": RATE, "b": s.proportion(3, 12), "comparisons": 2},
    "estimate_performance": {
        "score": OTHER,
        "reference_score": SCORE,
        "reference_label": LABEL,
        "thresholds": [0.5],
    },
    "estimate_performance_from_counts": {
        "reference": HISTOGRAM,
        "current": HISTOGRAM,
        "thresholds": [0.5],
    },
    "exact_metrics": {"score": SCORE, "label": LABEL},
    "expected_auroc_change": {
        "positive": [[1, 2], [2, 3]],
        "negative": [[3, 2], [2, 1]],
        "current": [5, 6],
    },
    "expected_mean_change": {
        "count": [4, 5],
        "total": [1.0, 2.0],
        "square": [0.5, 1.0],
        "current": [5, 6],
    },
    "hosmer_lemeshow": {"score": SCORE, "label": LABEL, "groups": 4},
    "log_loss": {"score": SCORE, "label": LABEL},
    "lord": {"p_values": [0.01, 0.2], "level": 0.05},
    "mcnemar": {"b": 3, "c": 5, "method": "mid-p"},
    "median": {"values": SCORE},
    "multiclass": {"probabilities": np.column_stack([1 - SCORE, SCORE]), "label": LABEL},
    "net_benefit": {"score": SCORE, "label": LABEL, "thresholds": [0.2, 0.5]},
    "numeric_bins": {"name": "age", "reference": SCORE, "bins": 4},
    "operating_point": {"score": SCORE, "label": LABEL, "threshold": 0.5},
    "operating_point_from_counts": {"tp": 3, "fp": 2, "fn": 1, "tn": 6},
    "ordinal": {"predicted": LABEL, "label": LABEL[::-1], "classes": 3},
    "ordinal_from_confusion": {"matrix": np.array([[4, 1], [2, 5]])},
    "paired_difference": {"b": 2, "c": 3, "n": 20},
    "percentile": {"values": SCORE, "share": 0.9},
    "predictive_value": {
        "metric": "ppv",
        "sensitivity": RATE,
        "specificity": s.proportion(90, 100),
        "prevalence": 0.1,
    },
    "proportion": {"events": 3, "n": 12, "method": "jeffreys"},
    "proportion_difference": {"x1": 3, "n1": 12, "x2": 4, "n2": 10, "method": "miettinen-nurminen"},
    "proportions": {"events": [1, 2], "n": [3, 4], "method": "clopper-pearson"},
    "reference_edges": {"scores": SCORE, "operating_points": [0.5]},
    "regression": {"predicted": SCORE, "observed": OTHER},
    "saffron": {"p_values": [0.01, 0.2], "level": 0.05},
    "sample_size": {
        "expected": 0.9,
        "half_width": 0.05,
        "share": 0.2,
        "present": 40,
        "cases_a_day": 12.0,
    },
    "shiryaev_roberts_paths": {
        "events": [[1, 0], [2, 1]],
        "trials": [[4, 4], [5, 5]],
        "limit": [0.1, 0.2],
        "direction": "above",
    },
    "shrunk_rates": {"events": [1, 2, 3], "n": [10, 12, 9], "seed": 1},
    "sprt_lines": {"p0": 0.05, "p1": 0.1, "alpha": 0.05, "beta": 0.1},
    "subgroup_gaps": {
        "table": s.count_groups(
            SCORE > 0.4, LABEL, {"site": np.array([0, 1] * 4)}, {"site": ["a", "b"]}
        ),
        "margin": 0.05,
        "minimum": 2,
    },
    "suppress": {
        "table": [s.Count("all", "cases", 30), s.Count("sex=F", "cases", 5)],
        "minimum": 11,
    },
    "trailing": {"histograms": [HISTOGRAM, HISTOGRAM], "days": 2},
    "verification_adjusted": {
        "flagged": SCORE > 0.4,
        "verified": np.ones(8, bool),
        "label": LABEL,
        "audit_fraction": 1.0,
    },
    "verification_adjusted_from_counts": {
        "counts": s.VerificationCounts(8, 4, 0, 1, 20, 60),
        "audit_fraction": 0.25,
    },
}
