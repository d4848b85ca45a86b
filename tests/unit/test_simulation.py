"""The simulated hospital behaves as hospitals do, and its faults are as strong as they say."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from upath import UPath

from aiops_pipelines.portfolio import Portfolio, load_portfolio
from aiops_pipelines.simulation import simulate
from aiops_pipelines.simulation.behaviour import BEHAVIOURS
from aiops_pipelines.simulation.cases import draw_day
from aiops_pipelines.simulation.faults import FAULTS, Fault

BOOK = load_portfolio(Path(__file__).resolve().parents[2] / "portfolio")
MONDAY = date(2026, 6, 1)
SEED = 7


def cases_of(system: str, days: int, fault: str | None = None, volume: float = 1.0) -> pd.DataFrame:
    """Return the cases of successive days with the first label of each, if it has any."""
    injected = injected_fault(fault) if fault else None
    start = injected.start if injected else MONDAY
    frames = []
    for offset in range(days):
        drawn = draw_day(BOOK.system(system), start + timedelta(offset), SEED, volume, injected)
        cases = drawn.cases.drop_duplicates("case_id")
        frames.append(cases.merge(drawn.labels.query("revision == 0"), on="case_id", how="left"))
    return pd.concat(frames, ignore_index=True)


def injected_fault(kind: str) -> Fault:
    return next(fault for fault in FAULTS if fault.kind == kind)


def written(portfolio: Portfolio, feeds: Path, seed: int) -> dict[str, bytes]:
    simulate(portfolio, UPath(feeds), MONDAY, MONDAY + timedelta(days=2), seed=seed)
    return {str(f.relative_to(feeds)): f.read_bytes() for f in feeds.rglob("*") if f.is_file()}


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    few = BOOK.model_copy(update={"systems": BOOK.systems[:3]})
    first = written(few, tmp_path / "a", SEED)
    assert first == written(few, tmp_path / "b", SEED)
    other = written(few, tmp_path / "c", SEED + 1)
    assert first.keys() == other.keys() and first != other


def test_systems_written_side_by_side_are_the_same_bytes(tmp_path: Path) -> None:
    few = BOOK.model_copy(update={"systems": BOOK.systems[:2]})
    one = written(few, tmp_path / "a", SEED)
    simulate(few, UPath(tmp_path / "b"), MONDAY, MONDAY + timedelta(days=2), seed=SEED, workers=2)
    files = (each for each in (tmp_path / "b").rglob("*") if each.is_file())
    assert {str(each.relative_to(tmp_path / "b")): each.read_bytes() for each in files} == one


def test_the_truth_of_the_faults_stands_beside_the_feeds(tmp_path: Path) -> None:
    few = BOOK.model_copy(update={"systems": BOOK.systems[:1]})
    truth = json.loads(written(few, tmp_path, SEED)["truth.json"])
    assert truth["faults"] == [fault.as_record() for fault in FAULTS]


@pytest.mark.parametrize("system", ["sepsis-early-warning", "no-show", "ambient-documentation"])
def test_scores_are_calibrated_and_as_skilful_as_they_say(system: str) -> None:
    cases = cases_of(system, 28)
    labelled = cases[cases["value"].notna()]
    behaviour = BEHAVIOURS[system]
    error = np.sqrt(behaviour.prevalence * (1 - behaviour.prevalence) / len(labelled))
    assert abs(labelled["value"].mean() - behaviour.prevalence) < 4 * error
    assert abs(labelled["score"].mean() - labelled["value"].mean()) < 4 * error
    assert abs(roc_auc_score(labelled["value"], labelled["score"]) - behaviour.auroc) < 0.02


def test_volume_follows_the_weekday_and_patients_come_again() -> None:
    cases = cases_of("no-show", 28)
    by_weekday = cases.groupby(cases["predicted_at"].dt.day_of_week).size()
    assert by_weekday[5] < 0.5 * by_weekday[1] and by_weekday[6] < 0.5 * by_weekday[1]
    assert cases["patient_id"].duplicated().mean() > 0.1


def test_only_flagged_cases_and_an_audit_sample_are_verified_under_partial_verification() -> None:
    system = BOOK.system("lung-nodule-ct")
    cases = cases_of("lung-nodule-ct", 56)
    threshold = next(p.threshold for p in system.output.operating_points if p.name == "alert")
    flagged = cases["score"] >= threshold
    assert cases.loc[flagged, "value"].notna().all()
    share = cases.loc[~flagged, "value"].notna().mean()
    assert system.truth.audit_fraction is not None
    assert share == pytest.approx(system.truth.audit_fraction, abs=0.05)


def test_labels_come_late_and_some_are_revised_and_some_rows_repeated() -> None:
    drawn = [draw_day(BOOK.system("sepsis-early-warning"), MONDAY, SEED, 4.0, None)]
    labels, cases = drawn[0].labels, drawn[0].cases
    assert (labels["received_at"] >= labels["decided_at"]).all()
    assert labels["received_at"].dt.date.nunique() > 3
    assert 0.005 < (labels["revision"] == 1).mean() < 0.03
    assert cases["case_id"].duplicated().any()


def test_concept_drift_lowers_auroc_to_its_magnitude() -> None:
    drift = injected_fault("concept drift")
    cases = cases_of(drift.system, 28, drift.kind)
    labelled = cases[cases["value"].notna()]
    auroc = roc_auc_score(labelled["value"], labelled["score"])
    assert auroc == pytest.approx(drift.magnitude, abs=0.025)


def test_the_creep_reaches_the_false_negative_rate_it_names() -> None:
    creep = injected_fault("missed positives creep")
    cases = cases_of(creep.system, 140, creep.kind, volume=4.0)
    settled = cases[cases["predicted_at"] >= pd.Timestamp(creep.start + timedelta(days=56))]
    positives = settled[settled["value"] == 1]
    weight = np.where(positives["score"] >= 0.07, 1.0, 1 / 0.25)
    missed = np.average(positives["score"] < 0.07, weights=weight)
    assert missed == pytest.approx(0.28, abs=0.05)


def test_a_unit_error_multiplies_its_input() -> None:
    unit = injected_fault("unit error")
    system = BOOK.system(unit.system)
    right = draw_day(system, unit.start, SEED, 1.0, None).cases["lactate_mmol_l"]
    wrong = draw_day(system, unit.start, SEED, 1.0, unit).cases["lactate_mmol_l"]
    assert (wrong.median() / right.median()) == pytest.approx(unit.magnitude, rel=0.05)


def test_a_silent_feed_writes_no_file(tmp_path: Path) -> None:
    silent = injected_fault("silent feed")
    few = BOOK.model_copy(update={"systems": (BOOK.system(silent.system),)})
    end = silent.start + timedelta(days=1)
    simulate(few, UPath(tmp_path), silent.start - timedelta(days=3), end, seed=SEED)
    files = sorted(f.stem for f in (tmp_path / silent.system / "predictions").iterdir())
    assert files and max(files) < silent.start.isoformat()
