"""Sequential evidence against values computed with independent programs (sources in the files)."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiops_pipelines.statistics.betting import (
    betting_confidence_sequence,
    betting_log_capital,
    empirical_bernstein_confidence_sequence,
)
from aiops_pipelines.statistics.boundaries import (
    bernoulli_confidence_interval,
    gamma_exponential_bound,
    normal_mixture_bound,
    poly_stitching_bound,
)
from aiops_pipelines.statistics.cusum import sprt_lines
from aiops_pipelines.statistics.multiplicity import lord, saffron
from aiops_pipelines.statistics.rate_exceedance import RateExceedance
from aiops_pipelines.statistics.shift_parts import headline

DATA = Path(__file__).parent / "data"


def oracle(name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((DATA / name).read_text())
    return values


CONFSEQ = oracle("confseq.json")
EVENTS = np.loadtxt(DATA / "confseq_bernoulli_x.csv", dtype=np.int64)
ONE_A_DAY = np.ones_like(EVENTS)


@pytest.mark.parametrize("mean", [0.05, 0.1, 0.15])
@pytest.mark.parametrize("theta", [0.0, 0.5, 1.0])
def test_the_betting_martingale_is_that_of_confseq(mean: float, theta: float) -> None:
    expected = CONFSEQ[f"betting_mart_m{mean}_theta{theta:g}"]
    capital = np.exp(betting_log_capital(EVENTS, ONE_A_DAY, mean, theta=theta))
    for n in (50, 200, 400):
        assert capital[n - 1] == pytest.approx(expected[f"at{n}"], rel=1e-9)


def test_the_betting_confidence_sequence_is_that_of_confseq() -> None:
    sequence = betting_confidence_sequence(EVENTS, ONE_A_DAY)
    for n in (50, 200, 400):
        assert sequence[n - 1] == pytest.approx(CONFSEQ["betting_cs_breaks1000"][f"n{n}"], abs=1e-9)


def test_the_empirical_bernstein_confidence_sequence_is_that_of_confseq() -> None:
    sequence = empirical_bernstein_confidence_sequence(EVENTS, ONE_A_DAY)
    for n in (50, 400):
        assert sequence[n - 1] == pytest.approx(CONFSEQ["predmix_empbern_cs"][f"n{n}"], abs=1e-9)


def test_the_bernoulli_interval_is_that_of_howard() -> None:
    for case in CONFSEQ["howard_bernoulli_cs_t_opt100"]:
        interval = bernoulli_confidence_interval(case["s"], case["n"], 0.05, 100)
        assert interval == pytest.approx(case["ci"], abs=1e-9)


def test_rate_exceedance_reports_howards_interval_after_many_days() -> None:
    evidence = RateExceedance(0.1, optimised_at=100).replay(EVENTS, ONE_A_DAY)
    expected = CONFSEQ["howard_bernoulli_cs_t_opt100"][-1]
    assert (evidence.events, evidence.trials) == (expected["s"], expected["n"])
    assert evidence.confidence_sequence() == pytest.approx(expected["ci"], abs=1e-9)


def test_the_boundaries_are_those_of_howard() -> None:
    for v, bound in CONFSEQ["poly_stitching_vmin10_a.05_c0_s1.4_eta2"]:
        assert poly_stitching_bound(v, 0.05, v_min=10) == pytest.approx(bound, abs=1e-9)
    for v, bound in CONFSEQ["normal_mixture_vopt100_a.05_aopt.05_onesided"]:
        assert normal_mixture_bound(v, 0.05, 100) == pytest.approx(bound, abs=1e-9)
    for v, bound in CONFSEQ["normal_mixture_twosided"]:
        assert normal_mixture_bound(v, 0.05, 100, one_sided=False) == pytest.approx(bound, abs=1e-9)
    for v, bound in CONFSEQ["gamma_exponential_vopt100_c1"]:
        assert gamma_exponential_bound(v, 0.05, 100, c=1) == pytest.approx(bound, abs=1e-9)


def test_the_lines_of_the_sequential_test_are_walds() -> None:
    for case in oracle("sprt_brier.json")["sprt"]:
        lines = sprt_lines(case["p0"], case["p1"], case["alpha"], case["beta"])
        assert lines.h_accept == pytest.approx(case["h_accept"], abs=1e-9)
        assert lines.h_reject == pytest.approx(case["h_reject"], abs=1e-9)
        assert lines.slope == pytest.approx(case["slope"], abs=1e-9)


def test_the_shift_decomposition_is_exact_on_a_discrete_covariate() -> None:
    given = oracle("disde_discrete.json")
    mixes = np.array([given["px"], given["qx"]])[:, :, None]
    losses = np.array([given["loss_p"], given["loss_q"]])[:, :, None]
    parts, exact = headline(mixes, losses), given["exact"]
    assert float(parts.total) == pytest.approx(exact["total"], abs=1e-12)
    assert float(parts.mix_shared) == pytest.approx(exact["x_P_to_S"], abs=1e-12)
    assert float(parts.concept) == pytest.approx(exact["concept"], abs=1e-12)
    assert float(parts.mix_new) == pytest.approx(exact["x_S_to_Q"], abs=1e-12)


@pytest.mark.parametrize("procedure", [lord, saffron])
def test_online_tests_spend_the_levels_printed_by_onlinefdr(procedure: Any) -> None:
    examples = oracle("onlinefdr_examples.json")
    expected = examples[procedure.__name__]
    decided = procedure(examples["p_values"])
    assert decided.levels == pytest.approx(expected["levels"], abs=5.1e-10)
    assert decided.rejected.tolist() == [bool(flag) for flag in expected["rejected"]]


def test_the_capital_stays_finite_on_the_log_scale() -> None:
    capital = betting_log_capital(np.full(3650, 400), np.full(3650, 500), 0.1)
    assert math.isfinite(capital[-1])
    assert capital[-1] > 709
