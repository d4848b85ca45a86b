"""What a night's figures may and may not say: no calm without labels, nothing known too early."""

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from night_hospital import REFERENCE_DAYS, Night, limit, one, rule_like, system_like

from aiops_pipelines.evaluation.areas import measured
from aiops_pipelines.evaluation.status import figures_as_of
from aiops_pipelines.evaluation.window import history
from aiops_pipelines.portfolio import Area
from aiops_pipelines.portfolio.entry import Version
from aiops_pipelines.verdict import Verdict

AUROC = limit("auroc", minimum=0.7, margin=0.02, window_days=14)
LAST = REFERENCE_DAYS + 20


def made(folder: Path, cases: int = 120, **changes: Any) -> Night:
    base = system_like("falls-risk", limits=(AUROC,))
    rule = rule_like(base, mature_after_days=3, completeness=0.85)
    return Night(folder, base.model_copy(update={"truth": rule} | changes), cases)


def test_a_figure_without_a_limit_is_information_and_no_pass(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST)
    figures = night.evaluate(Area.CALIBRATION, LAST)
    slope = one(figures, "calibration_slope")
    assert slope.verdict is Verdict.NOT_JUDGED and slope.estimate == pytest.approx(1, abs=0.2)
    assert slope.low is not None and slope.n > 1000 and slope.baseline is not None
    shown = night.status(Area.CALIBRATION, LAST)
    assert shown.verdict is Verdict.INSUFFICIENT_DATA and "sets no limit" in shown.reason
    assert slope.metric in {figure.metric for figure in shown.background}
    assert slope.metric not in {figure.metric for figure in shown.figures}


def test_every_row_says_what_computed_it_and_from_which_data(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST)
    first = night.evaluate(Area.PERFORMANCE, LAST)
    night.fill(LAST - 5, LAST - 5, labelled=0.9)
    second = night.evaluate(Area.PERFORMANCE, LAST)
    assert all(figure.data for figure in first)
    assert one(first, "auroc", estimand="measured").data != (
        one(second, "auroc", estimand="measured").data
    )
    kept = night.lake.read("performance", night.system.id, night.day(LAST))
    assert all(word.startswith("0.") and "+" in word for word in kept["code"].to_pylist())


def test_labels_that_stop_do_not_stay_ok(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, REFERENCE_DAYS + 14)
    night.fill(REFERENCE_DAYS + 15, REFERENCE_DAYS + 60, labelled=0.0)
    while_they_came = night.evaluate(Area.PERFORMANCE, REFERENCE_DAYS + 20)
    long_after = night.evaluate(Area.PERFORMANCE, REFERENCE_DAYS + 60)
    assert one(while_they_came, "auroc", estimand="measured").verdict is Verdict.OK
    stale = one(long_after, "auroc", estimand="measured")
    assert stale.verdict is Verdict.INSUFFICIENT_DATA
    assert f"no mature labels since {night.day(REFERENCE_DAYS + 14)}" in stale.reason
    assert stale.n_pending is not None and stale.n_pending > 40 * 120


def test_a_breach_stands_when_labels_stop(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, REFERENCE_DAYS - 1)
    night.fill(REFERENCE_DAYS, REFERENCE_DAYS + 30, noise=6.0)
    night.fill(REFERENCE_DAYS + 31, REFERENCE_DAYS + 60, labelled=0.0)
    figure = one(
        night.evaluate(Area.PERFORMANCE, REFERENCE_DAYS + 60), "auroc", estimand="measured"
    )
    assert figure.verdict is Verdict.BREACH and "no mature labels since" in figure.reason


def test_what_is_known_later_does_not_change_an_earlier_night(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST - 10)
    night.fill(LAST - 9, LAST, labelled=0.5)
    early = night.evaluate(Area.PERFORMANCE, LAST)
    night.fill(LAST - 9, LAST, known=LAST + 20)
    late = night.evaluate(Area.PERFORMANCE, LAST)
    day, system = night.day(LAST), night.system.id
    assert figures_as_of(night.lake, Area.PERFORMANCE, system, day, day)[0].reason
    kept = one(
        figures_as_of(night.lake, Area.PERFORMANCE, system, day, day), "auroc", estimand="measured"
    )
    assert kept.estimate == one(early, "auroc", estimand="measured").estimate
    restated = one(late, "auroc", estimand="measured")
    assert restated.as_of == day + timedelta(days=20)
    assert kept.window_to == day - timedelta(days=10) and restated.window_to == day


def test_days_too_young_to_be_mature_stay_out_of_the_window(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST)
    window = history(night.lake, night.system, night.day(LAST), night.day(LAST)).mature(14)
    assert window.days[-1] == night.day(LAST - 3) and len(window.days) == 14


def test_a_window_over_two_versions_says_so(tmp_path: Path) -> None:
    change = {"version": "2.0", "from": made(tmp_path).day(LAST - 8)}
    first = system_like("falls-risk").versions[0]
    night = made(tmp_path, versions=(first, Version.model_validate(change)))
    night.fill(0, LAST)
    figure = one(night.evaluate(Area.PERFORMANCE, LAST), "auroc", estimand="measured")
    assert figure.version == "2.0" and "versions 1.0 and 2.0 mixed" in figure.reason


def test_a_window_that_reaches_into_the_reference_says_so(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, REFERENCE_DAYS + 9)
    figure = one(night.evaluate(Area.PERFORMANCE, REFERENCE_DAYS + 9), "auroc", estimand="measured")
    assert "7 of them in the reference period" in figure.reason


def test_days_left_out_for_missing_labels_are_said(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST)
    night.fill(LAST - 8, LAST - 7, labelled=0.3)
    figure = one(night.evaluate(Area.PERFORMANCE, LAST), "auroc", estimand="measured")
    assert "2 days left out, their labels are incomplete" in figure.reason


def test_labels_awaited_under_an_audit_are_those_it_promises(tmp_path: Path) -> None:
    base = system_like("lung-nodule-ct")
    night = Night(tmp_path, base)
    threshold = base.output.operating_points[0].threshold
    night.fill(0, REFERENCE_DAYS, labelled=0.0)
    known = history(night.lake, base, night.day(REFERENCE_DAYS), night.day(REFERENCE_DAYS))
    window = known.window([night.day(REFERENCE_DAYS)])
    flagged = (night.table(REFERENCE_DAYS)["score"].to_numpy() >= threshold).sum()
    assert window.awaited == flagged + round(0.25 * (night.cases - flagged))


def test_too_few_positives_come_with_the_days_until_there_are_enough(tmp_path: Path) -> None:
    asked = limit("auroc", minimum=0.7, window_days=28, minimum_n=50, minimum_events=600)
    night = made(tmp_path, limits=(asked,), cases=60)
    night.fill(0, LAST)
    few = one(night.evaluate(Area.PERFORMANCE, LAST), "auroc", estimand="measured")
    assert few.verdict is Verdict.INSUFFICIENT_DATA and few.n_positive is not None
    a_day = few.n_positive / 28
    assert f"{few.n_positive} of the 600 positives needed" in few.reason
    assert f"a window of about {math.ceil(600 / a_day)} days" in few.reason


def test_missing_subgroups_are_a_stratum_of_their_own(tmp_path: Path) -> None:
    gap = limit("sensitivity_gap", operating_point="bundle", subgroup="sex", maximum=0.2)
    night = made(tmp_path, limits=(gap,))

    def half_unknown(frame: Any) -> Any:
        return frame.assign(sex=frame["sex"].where(frame.index % 2 == 0))

    night.fill(0, LAST, frame=half_unknown)
    strata = {figure.stratum for figure in night.evaluate(Area.BIAS, LAST)}
    assert {"sex=a", "sex=b", "sex=c", "sex=unknown"} <= strata


def test_days_on_which_the_feed_was_silent_are_said(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST)

    def nobody(frame: Any) -> Any:
        return frame.iloc[:0]

    night.fill(LAST - 8, LAST - 6, frame=nobody)
    figures = night.evaluate(Area.PERFORMANCE, LAST)
    assert "3 of 14 days without a case" in one(figures, "auroc", estimand="measured").reason
    assert "3 of 28 days without a case" in one(figures, "brier").reason


def test_a_day_whose_audit_did_not_happen_is_not_mature(tmp_path: Path) -> None:
    base = system_like("lung-nodule-ct")
    point = base.output.operating_points[0].model_copy(update={"threshold": 0.5})
    output = base.output.model_copy(update={"operating_points": (point,)})
    truth = rule_like(base, mature_after_days=3)
    night = Night(tmp_path, base.model_copy(update={"output": output, "truth": truth}), cases=400)

    def read(audited: int) -> Any:
        def frame(cases: Any) -> Any:
            unread = (cases["score"] < 0.5) & (cases.index % 100 >= audited)
            return cases.assign(label=cases["label"].where(~unread))

        return frame

    night.fill(0, REFERENCE_DAYS, frame=read(25))
    night.fill(REFERENCE_DAYS + 1, REFERENCE_DAYS + 2, frame=read(0))
    night.fill(REFERENCE_DAYS + 3, REFERENCE_DAYS + 6, frame=read(25))
    as_of = night.day(REFERENCE_DAYS + 6)
    mature = history(night.lake, night.system, as_of, as_of).mature_days
    assert mature[-2:] == [night.day(REFERENCE_DAYS), night.day(REFERENCE_DAYS + 3)]


def days_of_stay(frame: Any) -> Any:
    rng = np.random.default_rng(len(frame))
    score = rng.gamma(3, 2, len(frame))
    return frame.assign(score=score, label=score + rng.normal(0, 1, len(frame)))


def grades(frame: Any) -> Any:
    rng = np.random.default_rng(len(frame))
    score = rng.integers(0, 5, len(frame)).astype(float)
    near = np.clip(score + rng.integers(-1, 2, len(frame)), 0, 4)
    return frame.assign(score=score, label=near)


@pytest.mark.parametrize(
    ("example", "frame"),
    [("falls-risk", None), ("length-of-stay", days_of_stay), ("prostate-grading", grades)],
)
def test_every_kind_of_output_has_performance_calibration_drift_and_bias(
    tmp_path: Path, example: str, frame: Any
) -> None:
    base = system_like(example)
    rule = rule_like(base, mature_after_days=3)
    night = Night(tmp_path, base.model_copy(update={"truth": rule}), cases=100)
    night.fill(0, REFERENCE_DAYS + 6, frame=frame)
    for area in (Area.PERFORMANCE, Area.CALIBRATION, Area.DRIFT, Area.BIAS):
        figures = night.evaluate(area, REFERENCE_DAYS + 6)
        known = [f for f in figures if f.estimate is not None]
        assert known and all(f.n for f in known), area
        assert all(f.low is not None and f.low <= f.estimate <= (f.high or 0) for f in known)
    today = night.day(REFERENCE_DAYS + 6)
    days = history(night.lake, night.system, today, today)
    later = days.window(days.monitored_mature_days)
    joined, whole = days.reference.joined(later), days.window([*days.reference.days, *later.days])
    for each in base.limits:
        if each.definition.area in (Area.PERFORMANCE, Area.CALIBRATION):
            found, expected = measured(joined, each), measured(whole, each)
            assert (joined.days, found.n) == (whole.days, expected.n)
            assert found.value == pytest.approx(expected.value, rel=1e-9)
            assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-9)


def test_a_mean_breaches_once_earlier_cases_tell_how_far_off_a_block_may_be(
    tmp_path: Path,
) -> None:
    def too_long(frame: Any) -> Any:
        return days_of_stay(frame).assign(score=lambda rows: rows["score"] + 1)

    def unread(frame: Any) -> Any:
        return days_of_stay(frame).assign(label=np.nan, label_state="pending")

    base = system_like("length-of-stay")
    limits = (
        limit("mean_error", maximum=0.5, window_days=7),
        limit("limit_of_agreement_high", maximum=1.5, window_days=7),
        limit("r_squared", minimum=0.97, window_days=7),
    )
    changes = {"truth": rule_like(base, mature_after_days=0), "limits": limits}
    for reference, verdicts in ((days_of_stay, "breach breach"), (unread, "warn breach")):
        night = Night(tmp_path / reference.__name__, base.model_copy(update=changes))
        night.fill(0, REFERENCE_DAYS - 1, frame=reference)
        found = []
        for last in (REFERENCE_DAYS + 6, REFERENCE_DAYS + 13):
            night.fill(last - 6, last, frame=too_long)
            figures = [
                f for a in (Area.CALIBRATION, Area.PERFORMANCE) for f in night.evaluate(a, last)
            ]
            found.append({one(figures, each.metric).verdict.value for each in limits})
        assert found == [{verdict} for verdict in verdicts.split()]


def test_an_average_precision_below_its_minimum_breaches(tmp_path: Path) -> None:
    base = system_like("falls-risk")
    changes = {
        "truth": rule_like(base, mature_after_days=0),
        "limits": (limit("average_precision", minimum=0.95, window_days=7),),
    }
    night = Night(tmp_path, base.model_copy(update=changes), cases=100)
    night.fill(0, REFERENCE_DAYS + 13)
    found = one(night.evaluate(Area.PERFORMANCE, REFERENCE_DAYS + 13), "average_precision")
    assert found.verdict is Verdict.BREACH and "proven since" in found.reason
