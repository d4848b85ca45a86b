"""A breach needs an effect beyond its limit and evidence; too few cases are never a pass."""

import math
from datetime import date

import pytest

from aiops_pipelines.evaluation.judgement import Evidence, judge
from aiops_pipelines.portfolio import Limit
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.verdict import Verdict, worst

LIMIT = Limit(metric="auroc", minimum=0.8, margin=0.02, minimum_n=50, minimum_events=11)
ALARM = Evidence(math.log(200), alarm=True, since=date(2026, 9, 1))
CALM = Evidence(0.0, alarm=False, since=None)


def estimate(value: float, reach: float = 0.05) -> Estimate:
    return Estimate(value, value - reach, value + reach, reach / 2, 500, 60, "DeLong")


@pytest.mark.parametrize(
    ("value", "evidence", "verdict"),
    [
        (0.85, CALM, Verdict.OK),
        (0.85, ALARM, Verdict.WARN),
        (0.79, ALARM, Verdict.WARN),
        (0.70, CALM, Verdict.WARN),
        (0.70, ALARM, Verdict.BREACH),
    ],
)
def test_materiality_and_evidence_together_make_a_breach(
    value: float, evidence: Evidence, verdict: Verdict
) -> None:
    assert judge(LIMIT, estimate(value), 500, 60, evidence, "AUROC").verdict is verdict


def test_without_a_sequence_the_whole_interval_must_lie_beyond() -> None:
    assert judge(LIMIT, estimate(0.76), 500, 60, None, "AUROC").verdict is Verdict.WARN
    assert judge(LIMIT, estimate(0.70), 500, 60, None, "AUROC").verdict is Verdict.BREACH


@pytest.mark.parametrize(("cases", "events"), [(49, 30), (500, 10), (0, 0)])
def test_too_few_cases_or_positives_are_a_verdict_of_their_own(cases: int, events: int) -> None:
    found = judge(LIMIT, estimate(0.99), cases, events, CALM, "AUROC")
    assert found.verdict is Verdict.INSUFFICIENT_DATA


def test_a_small_count_is_not_spelled_out() -> None:
    found = judge(LIMIT, estimate(0.9), 500, 7, CALM, "AUROC")
    assert "fewer than 11" in found.reason and "7" not in found.reason


def test_an_interval_beyond_both_limits_is_no_calm() -> None:
    limit = Limit(metric="calibration_slope", minimum=0.8, maximum=1.2)
    found = judge(limit, estimate(1.0, 0.5), 500, 60, None, "calibration slope")
    assert found.verdict is Verdict.INSUFFICIENT_DATA


def test_a_figure_that_does_not_exist_is_no_pass() -> None:
    missing = Estimate.missing(500, 60, "DeLong")
    assert judge(LIMIT, missing, 500, 60, CALM, "AUROC").verdict is Verdict.INSUFFICIENT_DATA


def test_the_gravest_verdict_counts_and_none_is_no_pass() -> None:
    assert worst([Verdict.OK, Verdict.INSUFFICIENT_DATA]) is Verdict.INSUFFICIENT_DATA
    assert worst([Verdict.BREACH, Verdict.WARN, Verdict.OK]) is Verdict.BREACH
    assert worst([]) is Verdict.INSUFFICIENT_DATA
