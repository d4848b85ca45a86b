"""Why a figure is off: the days of its change, parts that add up, slices and events near it."""

from pathlib import Path
from typing import Any

import pytest
from night_hospital import REFERENCE_DAYS, Night, limit, one, rule_like, system_like

from aiops_pipelines.evaluation.explanation import Explanation, latest_explanations
from aiops_pipelines.portfolio import Area
from aiops_pipelines.portfolio.entry import Version

AUROC = limit("auroc", minimum=0.75, margin=0.01, window_days=14)
CHANGE = REFERENCE_DAYS + 14
LAST = CHANGE + 20


def made(folder: Path, **changes: Any) -> Night:
    base = system_like("falls-risk", limits=(AUROC,), subgroups=("sex", "site"))
    rule = rule_like(base, mature_after_days=3)
    return Night(folder, base.model_copy(update={"truth": rule} | changes), cases=200)


def explained(night: Night, kind: str) -> list[Explanation]:
    found = latest_explanations(night.lake, night.system.id, night.day(LAST))
    return [each for each in found if each.kind == kind]


def test_a_sudden_change_is_dated_and_the_reason_says_so(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, CHANGE - 1)
    night.fill(CHANGE, LAST, noise=4.0)
    figure = one(night.evaluate(Area.PERFORMANCE, LAST), "auroc", estimand="measured")
    (change,) = explained(night, "change")
    assert change.first_day is not None and change.last_day is not None
    assert change.first_day <= night.day(CHANGE) <= change.last_day
    assert (change.last_day - change.first_day).days <= 4 and change.changed_on is not None
    one_day = f"changed on {change.first_day}"
    several = f"changed between {change.first_day} and {change.last_day}"
    assert (one_day if change.first_day == change.last_day else several) in figure.reason


def test_the_parts_of_a_change_add_up_to_it(tmp_path: Path) -> None:
    brier = limit("brier", maximum=0.12, window_days=14)
    night = made(tmp_path, limits=(brier,))
    night.fill(0, CHANGE - 1)
    night.fill(CHANGE, LAST, noise=1.0, prevalence=0.0)
    night.evaluate(Area.PERFORMANCE, LAST)
    parts = {each.name: each.estimate or 0.0 for each in explained(night, "part")}
    total = parts.pop("total")
    assert set(parts) == {"prevalence", "mix_shared", "mix_new", "concept"}
    assert sum(parts.values()) == pytest.approx(total, abs=1e-12) and total > 0.03
    assert parts["prevalence"] > 0 and parts["concept"] > 0


def test_the_slice_that_carries_a_drop_is_named_first(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, CHANGE - 1)
    night.fill(CHANGE, LAST, harm=("site", "b", 3.0))
    night.evaluate(Area.PERFORMANCE, LAST)
    assert explained(night, "slice")[0].name == "site=b"


def test_a_version_that_went_into_use_near_the_change_is_told(tmp_path: Path) -> None:
    first = system_like("falls-risk").versions[0]
    second, third = (
        Version.model_validate({"version": name, "from": made(tmp_path).day(number)})
        for name, number in (("2.0", CHANGE), ("3.0", LAST - 2))
    )
    night = made(tmp_path, versions=(first, second, third))
    night.fill(0, CHANGE - 1)
    night.fill(CHANGE, LAST, noise=4.0)
    night.evaluate(Area.PERFORMANCE, LAST)
    assert [each.name for each in explained(night, "event")] == ["version 2.0 went into use"]


def test_a_drop_too_faint_to_date_names_no_day(tmp_path: Path) -> None:
    night = made(tmp_path, limits=(limit("auroc", minimum=0.99, margin=0.2, window_days=14),))
    night.fill(0, LAST)
    figure = one(night.evaluate(Area.PERFORMANCE, LAST), "auroc", estimand="measured")
    (change,) = explained(night, "change")
    assert change.changed_on is None and "no single change stands out" in change.text
    assert "changed" not in figure.reason


def test_a_night_within_its_limits_has_nothing_to_explain(tmp_path: Path) -> None:
    night = made(tmp_path, limits=(limit("auroc", minimum=0.6),))
    night.fill(0, LAST)
    night.evaluate(Area.PERFORMANCE, LAST)
    assert latest_explanations(night.lake, night.system.id, night.day(LAST)) == []
    assert night.lake.find("explanations", night.system.id, night.day(LAST)) is None


def test_an_explanation_goes_with_the_evaluation_it_explains(tmp_path: Path) -> None:
    night = made(tmp_path)
    night.fill(0, CHANGE - 1)
    night.fill(CHANGE, LAST, noise=4.0)
    night.evaluate(Area.PERFORMANCE, LAST)
    assert explained(night, "change")
    night.fill(CHANGE, LAST, known=LAST + 5)
    night.evaluate(Area.PERFORMANCE, LAST)
    assert explained(night, "change") == []
