"""Each thing that can be wrong with what arrives raises its own figure, and a sound day none."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from feed_hospital import PSEUDONYM, SETTLED, ZONE, Drops, a_system, system_tree
from upath import UPath

from aiops_pipelines.evaluation.arrivals import VOLUME_LEVEL
from aiops_pipelines.evaluation.daily import write_daily_statistics
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.integrity import (
    label_delays,
    labels_integrity,
    predictions_integrity,
)
from aiops_pipelines.evaluation.profile import Facts, ReferenceProfile
from aiops_pipelines.evaluation.soundness import soundness
from aiops_pipelines.ingestion import (
    Intake,
    ingest_labels,
    ingest_predictions,
    ingest_scored_cases,
)
from aiops_pipelines.lake import Lake
from aiops_pipelines.statistics import count_forecast
from aiops_pipelines.verdict import Verdict

START = date(2025, 3, 3)
DAYS = [START + timedelta(days=offset) for offset in range(29)]
NIGHT = DAYS[-1]
ROWS = 60


def system() -> Any:
    tree = system_tree()
    return a_system(
        predictions={"columns": {**tree["predictions"]["columns"], "version": "ver"}},
        labels={"columns": {**tree["labels"]["columns"], "decided_at": "received"}},
        versions=[
            {"version": "1", "from": "2024-01-01"},
            {"version": "2", "from": str(NIGHT + timedelta(days=9))},
        ],
        truth={"truth": "death", "sources": ["chart"], "mature_after_days": 2},
        reference={"from": str(DAYS[0]), "to": str(DAYS[6])},
    )


def rows(day: date, random: np.random.Generator) -> list[str]:
    return [
        f"{day:%m%d}{i:03d},P{i},{day} 09:{i % 60:02d}:00,{random.random():.4f},"
        f"{random.normal(60, 8):.1f},{'FM'[i % 2]},1"
        for i in range(ROWS + int(random.integers(-7, 8)))
    ]


def labels(of: list[str], day: date) -> list[str]:
    return [f"{row.split(',')[0]},{i % 2},{day} 21:00:00,chart,R1,0" for i, row in enumerate(of)]


class Hospital:
    """Four healthy weeks in a lake; the last night can be told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.system = system()
        self.drops = Drops.below(folder / "feeds")
        self.intake = Intake(
            Lake(UPath(folder / "lake")), self.drops.root, PSEUDONYM, ZONE, SETTLED
        )
        random = np.random.default_rng(1)
        self.days = {day: rows(day, random) for day in DAYS}
        for day, found in self.days.items():
            self.put(found, day)
            self.drops.put_labels(*labels(found, day), day=day)
        self.ingest(DAYS, NIGHT)
        first = DAYS[:7]
        list(write_daily_statistics(self.intake.lake, self.system, first, NIGHT))

    def put(self, found: list[str], day: date = NIGHT, name: str = "") -> None:
        text = "\n".join(["case,patient,at,risk,age,sex,ver", *found]) + "\n"
        self.drops.put(f"predictions/{name or day}.csv", text)

    def ingest(self, days: list[date], as_of: date) -> None:
        list(ingest_predictions(self.intake, self.system, days, as_of))
        list(ingest_labels(self.intake, self.system, days, as_of))
        list(ingest_scored_cases(self.intake.lake, self.system, days, as_of))

    def verdicts(self) -> dict[str, Figure]:
        """Return the gravest figure of each rule on the last night."""
        self.ingest([NIGHT], NIGHT)
        lake = self.intake.lake
        found = predictions_integrity(lake, self.system, NIGHT, NIGHT)
        found += labels_integrity(lake, self.system, NIGHT, NIGHT)
        found += label_delays(lake, self.system, NIGHT, NIGHT)
        return {f.metric: f for f in sorted(found, key=lambda figure: figure.verdict.gravity)}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    return Hospital(tmp_path_factory.mktemp("hospital"))


@pytest.fixture(autouse=True)
def restored(hospital: Hospital) -> Any:
    yield
    hospital.put(hospital.days[NIGHT])
    hospital.drops.put_labels(*labels(hospital.days[NIGHT], NIGHT), day=NIGHT)


def alarms(found: dict[str, Figure]) -> dict[str, Verdict]:
    wrong = (Verdict.WARN, Verdict.BREACH)
    return {name: f.verdict for name, f in found.items() if f.verdict in wrong}


def test_a_sound_night_raises_nothing_and_every_rule_says_how_many_it_saw(
    hospital: Hospital,
) -> None:
    found = hospital.verdicts()
    due = found.pop("labels_of_due_day")
    assert due.verdict is Verdict.INSUFFICIENT_DATA, "its day is not counted in this fixture"
    assert alarms(found) == {}
    assert {name for name, figure in found.items() if figure.n == 0} <= {"labels_within_28_days"}


def column(index: int, change: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    def changed(found: list[str]) -> list[str]:
        cells = [row.split(",") for row in found]
        return [",".join([*r[:index], change(r[index]), *r[index + 1 :]]) for r in cells]

    return changed


@pytest.mark.parametrize(
    ("spoil", "rule", "verdict"),
    [
        (lambda found: [], "feed_arrived", Verdict.BREACH),
        (lambda found: found[:10], "volume", Verdict.BREACH),
        (lambda found: found + found, "repeated_rows", Verdict.BREACH),
        (column(4, lambda age: f"{float(age) * 12:.1f}"), "unit_factor", Verdict.BREACH),
        (column(6, lambda _: "1.1"), "unknown_version", Verdict.BREACH),
        (column(3, lambda _: "0.5"), "pile_up", Verdict.BREACH),
        (column(4, lambda _: "60"), "pile_up", Verdict.BREACH),
        (column(4, lambda _: ""), "missing_values", Verdict.BREACH),
        (column(5, lambda _: ""), "missing_values", Verdict.BREACH),
        (column(2, lambda _: f"{NIGHT + timedelta(days=1)} 13:00:00"), "wrong_times", "breach"),
    ],
    ids=[
        "silent",
        "short",
        "doubled",
        "unit",
        "version",
        "constant score",
        "constant input",
        "missing input",
        "missing subgroup",
        "future",
    ],
)
def test_what_is_wrong_with_predictions_raises_its_own_rule(
    hospital: Hospital, spoil: Callable[[list[str]], list[str]], rule: str, verdict: Verdict
) -> None:
    hospital.put(spoil(hospital.days[NIGHT]))
    found = hospital.verdicts()[rule]
    assert found.verdict == verdict, found.reason
    assert found.n > 0 or rule == "feed_arrived"
    if rule == "wrong_times":
        assert "(time zone?)" in hospital.verdicts()["refused_rows"].reason


def test_a_unit_error_is_named(tmp_path: Path) -> None:
    profile = ReferenceProfile("risk", 1000, (), {}, {"age": Facts(0.0, 1.6, 0.1)})
    ages = np.random.default_rng(2).lognormal(np.log(1.6), 0.3, 200) * 9.01
    [unit] = [
        figure
        for figure in soundness(system(), profile, pa.table({"age": ages}), NIGHT, NIGHT)
        if figure.metric == "unit_factor"
    ]
    assert unit.verdict is Verdict.BREACH and "mg/dL instead of mmol/L" in unit.reason
    assert unit.low is not None and unit.low < 9.01 < (unit.high or 0)


def relabelled(change: Callable[[int, str], str]) -> Callable[[list[str]], list[str]]:
    return lambda said: [change(i, row) for i, row in enumerate(said)]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (relabelled(lambda _, row: row.replace("chart", "billing")), "label_source"),
        (relabelled(lambda _, row: f"9{row}"), "unknown_cases"),
        (relabelled(lambda _, row: row.replace("21:00", "05:00")), "decided_before_prediction"),
    ],
    ids=["source", "unknown", "decided before"],
)
def test_what_is_wrong_with_labels_raises_its_own_rule(
    hospital: Hospital, spoil: Callable[[list[str]], list[str]], rule: str
) -> None:
    hospital.drops.put_labels(*spoil(labels(hospital.days[NIGHT], NIGHT)), day=NIGHT)
    found = hospital.verdicts()[rule]
    assert found.verdict is Verdict.BREACH and found.n > ROWS / 2


def test_predictions_that_vanish_after_their_labels_came_are_missed(hospital: Hospital) -> None:
    hospital.verdicts()
    found = hospital.intake.lake.read("label_arrivals", "risk", NIGHT)
    cases = hospital.intake.lake.read("predictions", "risk", NIGHT)
    hospital.intake.lake.write("predictions", "risk", NIGHT, cases.slice(5), NIGHT)
    lost = labels_integrity(hospital.intake.lake, hospital.system, NIGHT, NIGHT)
    [figure] = [each for each in lost if each.metric == "lost_cases"]
    assert (figure.verdict, figure.n_positive) == (Verdict.BREACH, 5)
    assert found.num_rows == figure.n


@pytest.mark.parametrize("mean", [8, 40, 300, 2000])
def test_the_volume_interval_holds_in_a_year_of_twelve_systems(mean: int) -> None:
    random = np.random.default_rng(mean)
    outside = 0
    for _ in range(1000):
        weeks = random.poisson(mean, (7, 8)).tolist()
        found = count_forecast(weeks[0], weeks[1:], VOLUME_LEVEL)
        outside += not found.low <= random.poisson(mean) <= found.high
    assert outside <= 1


def test_a_doubled_day_is_outside_the_volume_interval() -> None:
    weeks = np.random.default_rng(4).poisson(60, (7, 8)).tolist()
    assert count_forecast(weeks[0], weeks[1:], VOLUME_LEVEL).high < 120
