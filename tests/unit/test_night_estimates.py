"""Days without labels: an estimate from scores, drawn apart, blind to concept shift, no breach."""

from pathlib import Path
from typing import Any

import pytest
from night_hospital import REFERENCE_DAYS, Night, limit, one, rule_like, system_like

from aiops_pipelines.portfolio import Area
from aiops_pipelines.verdict import Verdict

AUROC = limit("auroc", minimum=0.7, margin=0.02, window_days=14)
LAST, WAIT = REFERENCE_DAYS + 20, 10


def made(folder: Path, example: str = "falls-risk", **changes: Any) -> Night:
    base = system_like(example, limits=(AUROC,))
    rule = rule_like(base, mature_after_days=WAIT)
    return Night(folder, base.model_copy(update={"truth": rule} | changes), cases=300)


def test_days_without_labels_get_an_estimate_that_their_labels_bear_out(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST - WAIT)
    night.fill(LAST - WAIT + 1, LAST, labelled=0.0)
    estimate = one(night.evaluate(Area.PERFORMANCE, LAST), "auroc", estimand="estimated")
    assert estimate.method.startswith("CBPE") and estimate.verdict is Verdict.NOT_JUDGED
    assert estimate.window_from == night.day(LAST - WAIT + 1) and estimate.window_to == night.day(
        LAST
    )
    assert (estimate.n, estimate.n_mature, estimate.n_pending) == (3000, 0, 3000)
    night.fill(LAST - WAIT + 1, LAST + WAIT)
    later = one(night.evaluate(Area.PERFORMANCE, LAST + WAIT), "auroc", estimand="measured")
    assert estimate.low is not None and estimate.high is not None and later.estimate is not None
    assert estimate.low <= later.estimate <= estimate.high


def test_the_estimate_sees_a_changed_mix_and_warns_at_most(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST - WAIT)
    night.spread = 0.3
    night.fill(LAST - WAIT + 1, LAST, labelled=0.0)
    figures = night.evaluate(Area.PERFORMANCE, LAST)
    estimate = one(figures, "auroc", estimand="estimated")
    assert estimate.verdict is Verdict.WARN and "no breach until labels say so" in estimate.reason
    assert one(figures, "auroc", estimand="measured").verdict is Verdict.OK
    assert night.status(Area.PERFORMANCE, LAST).verdict is Verdict.WARN


def test_the_estimate_is_blind_to_concept_shift_and_says_so(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, LAST - WAIT)

    def shuffled(frame: Any) -> Any:
        return frame.assign(label=frame["label"].sample(frac=1, random_state=1).to_numpy())

    night.fill(LAST - WAIT + 1, LAST, labelled=0.0)
    then = one(night.evaluate(Area.PERFORMANCE, LAST), "auroc", estimand="estimated")
    night.fill(LAST - WAIT + 1, LAST + WAIT, frame=shuffled)
    now = one(night.evaluate(Area.PERFORMANCE, LAST + WAIT), "auroc", estimand="measured")
    assert now.estimate == pytest.approx(0.5, abs=0.12)
    assert then.estimate is not None and then.estimate > 0.7
    assert then.verdict is Verdict.NOT_JUDGED and "blind" in then.reason


def test_under_partial_verification_the_auroc_is_estimated_where_it_cannot_be_measured(
    tmp_path: Path,
) -> None:
    night = made(tmp_path, "lung-nodule-ct", limits=())

    def audited(frame: Any) -> Any:
        unread = (frame["score"] < 0.5) & (frame.index % 4 != 0)
        return frame.assign(label=frame["label"].where(~unread))

    system = night.system
    point = system.output.operating_points[0].model_copy(update={"threshold": 0.5})
    output = system.output.model_copy(update={"operating_points": (point,)})
    night.system = system.model_copy(
        update={"output": output, "truth": rule_like(system, mature_after_days=3)}
    )
    night.fill(0, LAST, frame=audited)
    figures = night.evaluate(Area.PERFORMANCE, LAST)
    assert one(figures, "auroc", estimand="measured").estimate is None
    estimate = one(figures, "auroc", estimand="estimated")
    assert estimate.estimate == pytest.approx(0.8, abs=0.1)
    of_flagged = one(
        night.evaluate(Area.CALIBRATION, LAST),
        "observed_expected_ratio",
        operating_point=point.name,
    )
    assert of_flagged.low is not None and of_flagged.high is not None
    assert of_flagged.low < 1 < of_flagged.high


@pytest.mark.parametrize(("every", "said"), [(100, "it takes re-reading about"), (2, None)])
def test_too_small_an_audit_says_how_large_a_one_is_needed(
    tmp_path: Path, every: int, said: str | None
) -> None:
    base = system_like("lung-nodule-ct", limits=())
    point = base.output.operating_points[0].model_copy(update={"threshold": 0.5})
    wanted = limit(
        "sensitivity", minimum=0.6, margin=0.05, window_days=14, operating_point=point.name
    )
    night = made(
        tmp_path,
        "lung-nodule-ct",
        limits=(wanted,),
        output=base.output.model_copy(update={"operating_points": (point,)}),
        truth=rule_like(base, mature_after_days=WAIT, audit_fraction=1 / every),
    )

    def audited(frame: Any) -> Any:
        unread = (frame["score"] < 0.5) & (frame.index % every != 0)
        return frame.assign(label=frame["label"].where(~unread))

    night.fill(0, LAST, frame=audited)
    found = one(night.evaluate(Area.PERFORMANCE, LAST), "sensitivity", estimand="measured")
    print(found.reason, found.estimate, found.low, found.high)
    assert (said is None) == ("re-reading" not in found.reason)
    assert said is None or said in found.reason
