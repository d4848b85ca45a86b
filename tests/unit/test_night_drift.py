"""Drift of a night: what is information, what is old news, and whether it matters."""

from pathlib import Path
from typing import Any

import numpy as np
from night_hospital import REFERENCE_DAYS, Night, limit, one, rule_like, system_like

from aiops_pipelines.portfolio import Area
from aiops_pipelines.verdict import Verdict

PSI = limit("psi", feature="*", maximum=0.25, window_days=7)
LAST, LATER = REFERENCE_DAYS + 10, REFERENCE_DAYS + 36
FEATURE = "mobility_score"


def made(folder: Path, **changes: Any) -> Night:
    base = system_like("falls-risk", limits=(PSI,))
    rule = rule_like(base, mature_after_days=3)
    return Night(folder, base.model_copy(update={"truth": rule} | changes), cases=150)


def hard_above_ten(frame: Any) -> Any:
    """Return the frame with scores that say nothing where the feature lies above 10."""
    shuffled = frame["score"].sample(frac=1, random_state=3).to_numpy()
    return frame.assign(score=np.where(frame[FEATURE] > 10, shuffled, frame["score"]))


def moved(frame: Any) -> Any:
    return hard_above_ten(frame.assign(**{FEATURE: frame[FEATURE] + 2}))


def test_a_drift_towards_cases_that_fare_worse_says_what_it_will_cost(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST - 7, frame=hard_above_ten)
    night.fill(LAST - 6, LAST, frame=moved)
    figures = night.evaluate(Area.DRIFT, LAST)
    psi = one(figures, "psi", feature=FEATURE)
    assert psi.verdict is Verdict.BREACH and "AUROC would be expected to change by -" in psi.reason
    change = one(figures, "expected_change", feature=FEATURE)
    assert change.estimand == "estimated" and change.verdict is Verdict.NOT_JUDGED
    assert change.high is not None and change.high < 0
    assert "expected to change" not in one(figures, "psi", feature="score").reason


def test_values_the_reference_never_held_lead_to_no_expectation(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST - 7)
    night.fill(LAST - 6, LAST, frame=lambda f: f.assign(**{FEATURE: f[FEATURE] * 9}))
    psi = one(night.evaluate(Area.DRIFT, LAST), "psi", feature=FEATURE)
    assert psi.verdict is Verdict.BREACH and "can't be told" in psi.reason


def test_a_shift_that_is_old_news_is_small_against_the_weeks_before(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, REFERENCE_DAYS)
    night.fill(REFERENCE_DAYS + 1, LATER, frame=moved)
    figures = night.evaluate(Area.DRIFT, LATER)
    assert (one(figures, "psi", feature=FEATURE).estimate or 0) > 0.25
    recent = one(figures, "psi_recent", feature=FEATURE)
    assert abs(recent.estimate or 1) < 0.05 and recent.verdict is Verdict.NOT_JUDGED


def test_a_window_of_missing_days_says_how_many_it_has(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST - 3)
    psi = one(night.evaluate(Area.DRIFT, LAST), "psi", feature="score")
    assert "3 of 7 days without a case" in psi.reason


def test_any_drift_metric_may_have_a_limit(tmp_path: Path) -> None:
    names = ("psi_recent", "wasserstein", "missing_rate", "out_of_range_rate", "ks")
    limits = tuple(limit(name, feature=FEATURE, maximum=5.0, window_days=7) for name in names)
    night = made(tmp_path, limits=limits)
    night.fill(0, LAST)
    figures = night.evaluate(Area.DRIFT, LAST)
    assert {one(figures, name, feature=FEATURE).verdict for name in names} == {Verdict.OK}
    assert one(figures, "flag_rate").baseline is not None
