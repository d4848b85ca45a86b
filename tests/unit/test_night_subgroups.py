"""Subgroups of a night: counts that add up, verdicts that allow for all gaps looked at."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from night_hospital import REFERENCE_DAYS, Night, limit, rule_like, system_like

from aiops_pipelines.evaluation.bias import allowing_for_all
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.evaluation.subgroups import furthest_pairs, latest_subgroups
from aiops_pipelines.evaluation.window import history
from aiops_pipelines.portfolio import Area
from aiops_pipelines.statistics import Estimate, Gap
from aiops_pipelines.verdict import Verdict

GAP = limit(
    "sensitivity_gap", operating_point="bundle", subgroup="*", maximum=0.2, window_days=28,
    minimum_n=50, minimum_events=11,
)  # fmt: skip
LAST = REFERENCE_DAYS + 25
POINT = "bundle"


def made(folder: Path, cases: int = 150, **changes: Any) -> Night:
    base = system_like("falls-risk", limits=(GAP,), subgroups=("sex", "site"))
    rule = rule_like(base, mature_after_days=3)
    return Night(folder, base.model_copy(update={"truth": rule} | changes), cases)


def test_intersections_of_a_window_are_the_sum_of_its_days_cases(tmp_path: Path) -> None:
    night = made(tmp_path)

    def some_unknown(frame: Any) -> Any:
        return frame.assign(site=frame["site"].where(frame.index % 5 != 0))

    night.fill(0, REFERENCE_DAYS + 1, labelled=0.8, frame=some_unknown)
    days = [night.day(number) for number in range(3, 9)]
    known = history(night.lake, night.system, days[-1], days[-1])
    counted = {row.subgroup: row for row in known.window(days).subgroup_counts(POINT)}
    cases = pd.concat(
        night.lake.read("scored_cases", night.system.id, day).to_pandas() for day in days
    )
    threshold = night.system.output.operating_points[0].threshold
    for sex in "abc":
        for site, chosen in (("b", cases["site"] == "b"), ("unknown", cases["site"].isna())):
            cell = cases[(cases["sex"] == sex) & chosen]
            flagged, label = cell["score"] >= threshold, cell["label"]
            row = counted[f"sex={sex}|site={site}"]
            assert (row.n, row.flagged) == (len(cell), int(flagged.sum()))
            assert (row.tp, row.fn) == (
                int((flagged & (label == 1)).sum()),
                int((~flagged & (label == 1)).sum()),
            )
            assert (row.fp, row.tn) == (
                int((flagged & (label == 0)).sum()),
                int((~flagged & (label == 0)).sum()),
            )
            np.testing.assert_allclose(row.expected, cell["score"][label.notna()].sum())
    whole = counted["all"]
    assert sum(row.n for name, row in counted.items() if "|" in name) == whole.n == len(cases)


def test_a_harmed_subgroup_is_a_breach_and_parity_is_not(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST, harm=("site", "b", 2.5))
    figures = {figure.stratum: figure for figure in night.evaluate(Area.BIAS, LAST)}
    assert figures["site=b"].verdict is Verdict.BREACH
    assert (figures["site=b"].estimate or 0) < -0.2
    assert "all gaps at once" in figures["site=b"].method
    assert {figures[f"sex={value}"].verdict for value in "abc"} == {Verdict.OK}
    for figure in (each for each in figures.values() if each.may_be_shown):
        # The labelled cases beside the positives, which are the n, would tell the negatives.
        (said,) = re.findall(r"\bn=([\d,]+)", figure.reason)
        assert said == f"{figure.n:,}"


def test_a_gap_that_is_not_certain_among_all_gaps_is_a_warning() -> None:
    missing = Estimate.missing(0, 0, "Newcombe")
    breach = Judgement(Verdict.BREACH, "beyond")
    for verdict, expected in (("critical", Verdict.BREACH), ("warning", Verdict.WARN)):
        gap = Gap(missing, missing, None, None, None, verdict)  # type: ignore[arg-type]
        assert allowing_for_all(breach, gap).verdict is expected


def test_pairs_of_subgroups_are_shrunk_and_small_cells_suppressed(tmp_path: Path) -> None:
    night = made(tmp_path, cases=40)

    def rare(frame: Any) -> Any:
        return frame.assign(sex=frame["sex"].where(frame.index != 0, "rare"))

    night.fill(0, LAST, frame=rare)
    night.evaluate(Area.BIAS, LAST)
    figures = latest_subgroups(night.lake, night.system.id, night.day(LAST))
    pairs = [f for f in figures if "|" in f.stratum and f.metric == "sensitivity"]
    assert pairs and {f.estimand for f in pairs} == {"shrunk"}
    assert {f.verdict for f in figures} == {Verdict.NOT_JUDGED}
    assert all(f.suppressed == (f.n < 11) for f in figures if "=" in f.stratum)
    assert any(f.suppressed and f.stratum.startswith("sex=rare|") for f in pairs)
    shown = furthest_pairs(figures, 50)
    assert shown and not any(f.suppressed for f in shown)
    spread = next(f for f in figures if f.metric == "sensitivity_spread")
    raw = [f.estimate for f in pairs if f.estimate is not None]
    assert spread.stratum == "sex x site" and spread.low is not None and raw


def test_every_subgroup_has_its_own_figures_and_the_bias_table_stays_small(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST)
    judged = night.evaluate(Area.BIAS, LAST)
    assert len(judged) == 6
    figures = latest_subgroups(night.lake, night.system.id, night.day(LAST))
    own = {f.metric for f in figures if f.stratum == "sex=a"}
    assert own == {
        "auroc", "observed_expected_ratio", "flag_rate", "sensitivity", "specificity", "ppv"
    }  # fmt: skip
    ratio = next(f for f in figures if f.metric == "observed_expected_ratio")
    assert "effective size" in ratio.method
