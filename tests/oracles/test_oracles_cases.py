"""Figures from cases against values computed with independent programs (see data/README.md)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from aiops_pipelines.statistics import (
    auroc,
    brier,
    calibration,
    compare_auroc,
    hosmer_lemeshow,
    log_loss,
    mcnemar,
    net_benefit,
    paired_difference,
    proportion,
    proportion_difference,
    verification_adjusted,
)
from aiops_pipelines.statistics.proportions import DifferenceMethod, ProportionMethod

DATA = Path(__file__).parent / "data"
INTERVALS: dict[str, Any] = json.loads((DATA / "intervals.json").read_text())

ROOT_TOLERANCE = 1e-7
"""PropCIs stops its own bisection here, so its score intervals have no more digits: the next test
shows that ours satisfy the score equations to 1e-9 and that PropCIs' do not."""


@pytest.mark.parametrize("row", INTERVALS["single"], ids=lambda row: f"{row['x']} of {row['n']}")
@pytest.mark.parametrize(
    ("method", "key"),
    [("wilson", "wilson"), ("clopper-pearson", "clopper_pearson"), ("jeffreys", "jeffreys")],
)
def test_a_proportion_has_the_interval_of_r(
    row: dict[str, Any], method: ProportionMethod, key: str
) -> None:
    found = proportion(row["x"], row["n"], method)
    assert [found.low, found.high] == pytest.approx(row[key], abs=1e-9)
    assert found.value == row["x"] / row["n"]


@pytest.mark.parametrize("row", INTERVALS["difference"])
@pytest.mark.parametrize(
    ("method", "key", "tolerance"),
    [
        ("newcombe", "newcombe10", 1e-9),
        ("miettinen-nurminen", "miettinen_nurminen_score", ROOT_TOLERANCE),
    ],
)
def test_a_difference_has_the_interval_of_r(
    row: dict[str, Any], method: DifferenceMethod, key: str, tolerance: float
) -> None:
    found = proportion_difference(row["x1"], row["n1"], row["x2"], row["n2"], method)
    assert [found.low, found.high] == pytest.approx(row[key], abs=tolerance)


@pytest.mark.parametrize("row", INTERVALS["paired_tango"])
def test_a_paired_difference_has_tangos_interval(row: dict[str, Any]) -> None:
    found = paired_difference(row["b"], row["c"], row["n"])
    assert [found.low, found.high] == pytest.approx(row["tango"], abs=ROOT_TOLERANCE)


@pytest.mark.parametrize("row", INTERVALS["difference"])
def test_miettinen_and_nurminens_limits_solve_their_equation_better_than_printed(
    row: dict[str, Any],
) -> None:
    """(p1 - p2 - d)^2 / V(d) = chi-square, V at the rates that maximise the likelihood at d.

    The maximum is searched for numerically here, where the product uses the cubic's closed form.
    """
    x1, n1, x2, n2 = row["x1"], row["n1"], row["x2"], row["n2"]

    def excess(delta: float) -> float:
        def score(p2: float) -> float:
            p1 = p2 + delta
            return x1 / p1 - (n1 - x1) / (1 - p1) + x2 / p2 - (n2 - x2) / (1 - p2)

        edge = 1e-13
        low, high = max(0.0, -delta) + edge, min(1.0, 1 - delta) - edge
        inside = score(low) > 0 > score(high)
        p2 = (
            optimize.brentq(score, low, high, xtol=1e-16)
            if inside
            else low
            if score(low) < 0
            else high
        )
        p1 = p2 + delta
        spread = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
        return float((x1 / n1 - x2 / n2 - delta) ** 2 / spread - stats.chi2.ppf(0.95, 1))

    found = proportion_difference(x1, n1, x2, n2, "miettinen-nurminen")
    for ours, printed in zip((found.low, found.high), row["miettinen_nurminen_score"], strict=True):
        assert ours is not None
        if abs(ours) < 1 and abs(printed) < 1:
            assert abs(excess(ours)) < 1e-7
            assert abs(excess(ours)) <= abs(excess(printed))


@pytest.mark.parametrize("row", INTERVALS["paired_tango"])
def test_tangos_limits_solve_their_equation_better_than_printed(row: dict[str, Any]) -> None:
    """(c - b - n d)^2 = chi-square n (2 q + d (1 - d)), q maximising the likelihood at d.

    q is the share of pairs of kind b; its likelihood b log q + c log(q + d) + rest log(1 - 2q - d)
    is maximised numerically here, where the product solves Tango's quadratic.
    """
    b, c, n = row["b"], row["c"], row["n"]

    def excess(delta: float) -> float:
        def score(q: float) -> float:
            return b / q + c / (q + delta) - 2 * (n - b - c) / (1 - 2 * q - delta)

        edge = 1e-13
        q = optimize.brentq(score, max(0.0, -delta) + edge, (1 - delta) / 2 - edge, xtol=1e-16)
        spread = n * (2 * q + delta * (1 - delta))
        return float((c - b - n * delta) ** 2 / spread - stats.chi2.ppf(0.95, 1))

    found = paired_difference(b, c, n)
    for ours, printed in zip((found.low, found.high), row["tango"], strict=True):
        assert ours is not None
        assert abs(excess(ours)) < 1e-9
        assert abs(excess(ours)) <= abs(excess(printed))


def test_mcnemar_in_four_forms() -> None:
    agresti = INTERVALS["mcnemar_agresti"]
    _, b, c, _ = agresti["table"]
    corrected, plain = mcnemar(b, c, "chi2-corrected"), mcnemar(b, c, "chi2")
    assert corrected.statistic == pytest.approx(agresti["chisq_cc"], rel=1e-12)
    assert corrected.p_value == pytest.approx(agresti["p_cc"], rel=1e-9)
    assert plain.statistic == pytest.approx(agresti["chisq"], rel=1e-12)
    assert plain.p_value == pytest.approx(agresti["p"], rel=1e-9)
    assert mcnemar(b, c, "exact").p_value == pytest.approx(agresti["exact_p"], rel=1e-9)
    small = INTERVALS["mcnemar_small"]
    assert mcnemar(small["b"], small["c"]).p_value == pytest.approx(small["exact"], abs=1e-12)
    assert mcnemar(small["b"], small["c"], "mid-p").p_value == pytest.approx(small["midp"])


@pytest.mark.parametrize(("b", "c"), [(0, 5), (3, 11), (4, 5), (4, 4), (1, 1)])
def test_the_mid_p_value_counts_what_is_further_and_half_of_what_is_as_far(b: int, c: int) -> None:
    """Fagerland, Lydersen & Laake (2013), by the definition: b = c is no exception."""
    chance = stats.binom(b + c, 0.5).pmf(np.arange(b + c + 1))
    distance = np.abs(np.arange(b + c + 1) - (b + c) / 2)
    further, as_far = distance > abs(b - c) / 2, distance == abs(b - c) / 2
    expected = chance[further].sum() + chance[as_far].sum() / 2
    assert mcnemar(b, c, "mid-p").p_value == pytest.approx(expected, abs=1e-12)


def test_three_correlated_aurocs_of_delong_1988() -> None:
    table = pd.read_csv(DATA / "delong1988.csv")
    expected = json.loads((DATA / "delong1988_proc.json").read_text())
    label = table["popind"].to_numpy()
    scores = {"alb": table["alb"], "tp": table["tp"], "kg": table["totscore"]}
    # Each test is read in the direction in which it is better than chance, as pROC does by default.
    scores = {
        name: score if (auroc(score, label).value or 0) >= 0.5 else -score
        for name, score in scores.items()
    }
    for name, score in scores.items():
        found = auroc(score, label, scale="identity")
        assert found.value == pytest.approx(expected["auc"][name], abs=1e-12)
        assert found.standard_error == pytest.approx(expected["se"][name], abs=1e-12)
        assert [found.low, found.high] == pytest.approx(expected["ci"][name], abs=1e-12)
    for pair, row in expected["pairs"].items():
        a, b = pair.split("_vs_")
        compared = compare_auroc(scores[a], scores[b], label)
        assert compared.difference == pytest.approx(row["diff"], abs=1e-12)
        assert compared.z == pytest.approx(row["Z"], abs=1e-9)
        assert compared.p_value == pytest.approx(row["p"], abs=1e-9)
        assert [compared.low, compared.high] == pytest.approx(row["ci"], abs=1e-9)
    names = list(scores)
    variance = [expected["se"][name] ** 2 for name in names]
    covariance = np.array(
        [
            [(variance[i] + variance[j] - spread(scores[a], scores[b], label) ** 2) / 2]
            for i, a in enumerate(names)
            for j, b in enumerate(names)
        ]
    ).reshape(3, 3)
    assert covariance == pytest.approx(np.array(expected["cov"]), abs=1e-12)
    contrast = np.array([[1, 0, -1], [0, 1, -1]])
    gap = contrast @ [expected["auc"][name] for name in names]
    chi_square = gap @ np.linalg.solve(contrast @ covariance @ contrast.T, gap)
    assert chi_square == pytest.approx(expected["contrast_ref_kg"]["chisq"], abs=1e-9)
    assert stats.chi2.sf(chi_square, 2) == pytest.approx(expected["contrast_ref_kg"]["p"], abs=1e-9)


def spread(a: Any, b: Any, label: Any) -> float:
    """Return the standard error of the difference of two AUROCs; 0 of one with itself."""
    return compare_auroc(a, b, label).standard_error or 0.0


def test_auroc_of_several_cases_a_patient() -> None:
    table = pd.read_csv(DATA / "cluster_auc.csv")
    expected = json.loads((DATA / "cluster_auc.json").read_text())
    found = auroc(table["score"], table["y"], cluster=table["cluster"])
    assert found.value == pytest.approx(expected["auc"], abs=1e-12)
    assert found.standard_error == pytest.approx(expected["se_obuchowski"], abs=1e-12)
    plain = auroc(table["score"], table["y"])
    assert plain.standard_error == pytest.approx(expected["se_delong"], abs=1e-12)


def test_net_benefit_of_the_decision_curve() -> None:
    table = pd.read_csv(DATA / "df_binary.csv")
    expected = json.loads((DATA / "dca_df_binary.json").read_text())
    found = net_benefit(table["cancerpredmarker"], table["cancer"], expected["thresholds"])
    assert [each.value for each in found] == pytest.approx(expected["cancerpredmarker"], abs=1e-12)
    everybody = net_benefit(np.ones(len(table)), table["cancer"], expected["thresholds"])
    assert [each.value for each in everybody] == pytest.approx(expected["treat_all"], abs=1e-12)
    risk = table.groupby("famhistory")["cancer"].transform("mean")  # the model of family history
    by_family = net_benefit(risk, table["cancer"], expected["thresholds"])
    assert [each.value for each in by_family] == pytest.approx(
        expected["famhistory_model"], abs=1e-12
    )


def test_hosmer_lemeshow_of_the_documented_example() -> None:
    table = pd.read_csv(DATA / "hoslem_doc_example.csv")
    expected = json.loads((DATA / "hosmer_lemeshow.json").read_text())["doc_example_seed123"]
    found = hosmer_lemeshow(table["p"], table["y"])
    assert found.statistic == pytest.approx(expected["chisq"], abs=1e-9)
    assert found.degrees_of_freedom == expected["df"]
    assert found.p_value == pytest.approx(expected["p"], abs=1e-9)


def test_hosmer_lemeshow_of_low_birth_weights() -> None:
    """Fitted by R's algorithm to R's tolerance: ~ age + lwt + race + smoke + ptl + ht + ui."""
    table = pd.read_csv(DATA / "birthwt_fitted.csv")
    expected = json.loads((DATA / "hosmer_lemeshow.json").read_text())["birthwt"]
    found = hosmer_lemeshow(table["p"], table["y"])
    assert found.statistic == pytest.approx(expected["chisq"], abs=1e-9)
    assert found.degrees_of_freedom == expected["df"]
    assert found.p_value == pytest.approx(expected["p"], abs=1e-9)


def test_calibration_of_low_birth_weights_with_shrunk_risks() -> None:
    """rms' val.prob of 0.02 + 0.9 p; its logistic fit stops at about 1e-8."""
    table = pd.read_csv(DATA / "birthwt_fitted.csv")
    shrunk = 0.02 + 0.9 * table["p"]
    expected = json.loads((DATA / "hosmer_lemeshow.json").read_text())["birthwt_shrunk_valprob"]
    found = calibration(shrunk, table["y"])
    assert brier(shrunk, table["y"]).value == pytest.approx(expected["Brier"], abs=1e-12)
    assert found.spiegelhalter.z == pytest.approx(expected["S:z"], abs=1e-12)
    assert found.spiegelhalter.p_value == pytest.approx(expected["S:p"], abs=1e-12)
    assert found.intercept.value == pytest.approx(expected["Intercept"], abs=2e-8)
    assert found.slope.value == pytest.approx(expected["Slope"], abs=2e-8)
    logit = np.log(shrunk / (1 - shrunk))
    refitted = 1 / (1 + np.exp(-(found.intercept.value + found.slope.value * logit)))
    gain = log_loss(shrunk, table["y"]).value - log_loss(refitted, table["y"]).value
    assert 2 * gain - 2 / len(table) == pytest.approx(expected["U"], abs=1e-12)


def test_the_brier_score_falls_into_the_parts_of_the_closed_form() -> None:
    expected = json.loads((DATA / "sprt_brier.json").read_text())["brier"]
    found = brier(expected["p"], expected["y"])
    assert found.value == pytest.approx(expected["brier"], abs=1e-12)
    assert found.reliability == pytest.approx(expected["rel"], abs=1e-12)
    assert found.resolution == pytest.approx(expected["res"], abs=1e-12)
    assert found.uncertainty == pytest.approx(expected["unc"], abs=1e-12)


def test_brier_and_log_loss_of_cases_are_scikit_learns() -> None:
    table = pd.read_csv(DATA / "df_binary.csv")
    score, label = table["cancerpredmarker"], table["cancer"]
    assert brier(score, label).value == pytest.approx(brier_score_loss(label, score), abs=1e-12)
    assert log_loss(score, label).value == pytest.approx(sklearn_log_loss(label, score), abs=1e-12)


def test_begg_and_greenes_liver_scans() -> None:
    table = pd.read_csv(DATA / "hepatic_pvb.csv")
    found = verification_adjusted(table["test"], table["verified"], table["disease"].fillna(0))
    assert found.sensitivity.value == pytest.approx(0.8364667154353, abs=1e-12)
    assert found.sensitivity.standard_error == pytest.approx(0.0244980, abs=5e-8)
    assert found.specificity.value == pytest.approx(0.7383980181668, abs=1e-12)
    assert found.specificity.standard_error == pytest.approx(0.0388627, abs=5e-8)
    assert found.ppv.value == pytest.approx(0.8783269961977, abs=1e-12)
    assert found.npv.value == pytest.approx(0.6666666666667, abs=1e-12)
