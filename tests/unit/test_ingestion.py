"""Labels that come late restate their own day, never earlier knowledge; nothing is lost."""

import os
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from feed_hospital import DAY, PSEUDONYM, SETTLED, ZONE, Drops, a_system
from upath import UPath

from aiops_pipelines.ingestion import (
    Intake,
    days_with_new_labels,
    ingest_labels,
    ingest_predictions,
    ingest_scored_cases,
    recounts,
    spans,
)
from aiops_pipelines.ingestion.labels import CaseDays
from aiops_pipelines.lake import Lake
from aiops_pipelines.schema import LABELS

SYSTEM = a_system()
NEXT, LATER = DAY + timedelta(days=1), DAY + timedelta(days=9)


@pytest.fixture
def drops(tmp_path: Path) -> Drops:
    made = Drops.below(tmp_path / "feeds")
    for day, first in ((DAY, 1), (NEXT, 4)):
        rows = [f"C{first + i},P{i},{day} 1{i + 5}:00:00,0.{i + 2},5{i},F" for i in range(3)]
        made.put_predictions(*rows, day=day)
    made.put_labels(f"C1,1,{DAY} 20:00:00,chart,R1,0", day=DAY)
    made.put_labels(
        f"C2,0,{NEXT} 20:00:00,chart,R1,0", f"C4,1,{NEXT} 21:00:00,chart,R1,0", day=NEXT
    )
    return made


@pytest.fixture
def intake(drops: Drops, tmp_path: Path) -> Intake:
    return Intake(Lake(UPath(tmp_path / "lake")), drops.root, PSEUDONYM, ZONE, SETTLED)


def ingest(intake: Intake, days: list[date], as_of: date) -> None:
    for step in (
        ingest_predictions(intake, SYSTEM, days, as_of),
        ingest_labels(intake, SYSTEM, days, as_of),
        ingest_scored_cases(intake.lake, SYSTEM, days, as_of),
    ):
        assert [each.day for each in step] == days


def states(intake: Intake, day: date) -> dict[str, int]:
    return Counter(intake.lake.read("scored_cases", SYSTEM.id, day)["label_state"].to_pylist())


def content(intake: Intake) -> dict[str, bytes]:
    """Return the lake's files but for what was seen when, which no two runs share."""
    folder = Path(str(intake.lake.root))
    found = {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*.parquet"))}
    return {name: data for name, data in found.items() if not name.startswith("deliveries_seen/")}


def test_a_night_knows_only_what_had_arrived(intake: Intake) -> None:
    ingest(intake, [DAY], DAY)
    assert states(intake, DAY) == {"mature": 1, "pending": 2}


def test_a_late_label_restates_only_its_day(intake: Intake) -> None:
    ingest(intake, [DAY], DAY)
    ingest(intake, [NEXT], NEXT)
    before = content(intake)
    assert set(days_with_new_labels(intake, SYSTEM, NEXT)) == {DAY}
    list(ingest_labels(intake, SYSTEM, [DAY], NEXT))
    list(ingest_scored_cases(intake.lake, SYSTEM, [DAY], NEXT))
    after = content(intake)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {f"labels/risk/{DAY}.parquet", f"scored_cases/risk/{DAY}.parquet"}
    assert states(intake, DAY) == {"mature": 2, "pending": 1}
    assert not days_with_new_labels(intake, SYSTEM, NEXT)


def test_a_drop_that_comes_days_after_its_name_is_still_read(intake: Intake, drops: Drops) -> None:
    late = Path(str(drops.root), "risk", "labels", f"{NEXT}.csv")
    content = late.read_text()
    late.unlink()
    ingest(intake, [DAY], LATER)
    assert not days_with_new_labels(intake, SYSTEM, LATER)
    late.write_text(content)
    assert set(days_with_new_labels(intake, SYSTEM, LATER)) == {DAY}
    ingest(intake, [DAY], LATER)
    assert states(intake, DAY)["mature"] == 2
    assert not days_with_new_labels(intake, SYSTEM, LATER)


def test_a_drop_that_grows_is_read_again(intake: Intake, drops: Drops) -> None:
    ingest(intake, [DAY], LATER)
    grown = Path(str(drops.root), "risk", "labels", f"{NEXT}.csv")
    grown.write_text(grown.read_text() + f"C3,1,{NEXT} 22:00:00,chart,R1,0\n")
    assert set(days_with_new_labels(intake, SYSTEM, LATER)) == {DAY}


def test_night_by_night_and_at_once_give_the_same_labels(intake: Intake, tmp_path: Path) -> None:
    ingest(intake, [DAY], DAY)
    ingest(intake, [NEXT], NEXT)
    ingest(intake, [DAY], NEXT)
    at_once = Intake(Lake(UPath(tmp_path / "other")), intake.feeds, PSEUDONYM, ZONE, SETTLED)
    ingest(at_once, [DAY, NEXT], NEXT)
    assert content(intake) == content(at_once)


def test_a_rerun_of_an_old_night_does_not_forget(intake: Intake) -> None:
    ingest(intake, [DAY], NEXT)
    known = content(intake)
    ingest(intake, [DAY], DAY)
    tables = ("labels/", "scored_cases/")
    assert {n: b for n, b in content(intake).items() if n.startswith(tables)} == {
        n: b for n, b in known.items() if n.startswith(tables)
    }


def test_labels_outlive_the_drops_they_came_in(intake: Intake, drops: Drops) -> None:
    ingest(intake, [DAY, NEXT], NEXT)
    Path(str(drops.root), "risk", "labels", f"{NEXT}.csv").unlink()
    list(ingest_labels(intake, SYSTEM, [DAY], NEXT))
    assert intake.lake.read("labels", SYSTEM.id, DAY).num_rows == 2


def test_labels_and_refusals_outlive_a_cleared_drop_beside_others_that_change(
    intake: Intake, drops: Drops
) -> None:
    several = a_system(labels={"path": "risk/labels/{day}-*.csv"})
    first = drops.put_labels(f"C1,1,{DAY} 20:00:00,chart,R1,0", f"C2,7,{DAY} 20:00:00,chart,R1,0")
    second = first.rename(first.with_name(f"{DAY}-1.csv")).with_name(f"{DAY}-2.csv")
    list(ingest_predictions(intake, several, [DAY], DAY))
    list(ingest_labels(intake, several, [DAY], DAY))
    second.with_name(f"{DAY}-1.csv").unlink()
    for value in (0, 1):  # each time the file that is left changes, and is read again
        drops.put_labels(f"C3,{value},{DAY} 20:00:00,chart,R1,0").rename(second)
        list(ingest_labels(intake, several, [DAY], DAY))
        found = intake.lake.read("labels", several.id, DAY)
        assert found.num_rows == 2 and float(value) in found["value"].to_pylist()
        refused = intake.lake.read("quarantine", several.id, DAY)
        assert refused["rule"].to_pylist() == ["label value not allowed"]


def test_a_revision_overturns_and_the_first_label_stays_in_history(
    intake: Intake, drops: Drops
) -> None:
    drops.put_labels(f"C1,0,{NEXT} 22:00:00,registry,R2,1", day=NEXT)
    ingest(intake, [DAY], NEXT)
    table = intake.lake.read("scored_cases", SYSTEM.id, DAY).to_pylist()
    [case] = [row for row in table if row["case_id"] == PSEUDONYM.one("C1", "case")]
    assert (case["label"], case["revision"], case["label_state"]) == (0.0, 1, "overturned")
    assert intake.lake.read("labels", SYSTEM.id, DAY).num_rows == 2


def test_what_never_came_is_censored_once_the_wait_is_over(intake: Intake) -> None:
    ingest(intake, [DAY], LATER)
    assert states(intake, DAY) == {"mature": 2, "censored": 1}


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [([], []), ([0], [(0, 0)]), ([0, 1, 2, 5], [(0, 2), (5, 5)]), ([3, 1], [(1, 1), (3, 3)])],
)
def test_days_are_restated_in_unbroken_runs(offsets: list[int], expected: Any) -> None:
    days = [DAY + timedelta(days=offset) for offset in offsets]
    found = [((start - DAY).days, (end - DAY).days) for start, end in spans(days)]
    assert found == expected


def labels_of(*cases: str) -> pa.Table:
    rows = [
        {
            "case_id": case, "value": 1.0, "decided_at": 0, "received_at": 0,
            "source": "chart", "reader": "R1", "revision": 0,
        }
        for case in cases
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=LABELS)


def cases_of(lake: Lake, days: dict[date, list[str]]) -> CaseDays:
    for day, found in days.items():
        lake.write(
            "predictions", SYSTEM.id, day, pa.table({"case_id": pa.array(found, "str")}), day
        )
    return CaseDays(lake, SYSTEM, days)


def test_a_label_goes_to_the_last_day_that_has_its_case(tmp_path: Path) -> None:
    days = {NEXT: ["b", "c"], DAY: ["a", "b", "a"], LATER: []}
    known = cases_of(Lake(UPath(tmp_path)), days)
    assert known.added_to(labels_of("c"))["case_day"].to_pylist() == [NEXT]
    found = known.added_to(labels_of("c", "b", "z", "a", "b"))
    assert found["case_day"].to_pylist() == [NEXT, NEXT, None, DAY, NEXT]
    assert found.drop_columns(["case_day"]).equals(labels_of("c", "b", "z", "a", "b"))


def test_without_known_cases_every_label_is_of_an_unknown_case(tmp_path: Path) -> None:
    known = cases_of(Lake(UPath(tmp_path)), {})
    assert known.added_to(labels_of("a"))["case_day"].to_pylist() == [None]
    assert known.added_to(labels_of()).num_rows == 0


def test_a_replaced_drop_of_the_same_size_and_date_is_read_again(
    intake: Intake, drops: Drops
) -> None:
    ingest(intake, [DAY, NEXT], LATER)
    days_with_new_labels(intake, SYSTEM, LATER)
    replaced = Path(str(drops.root), "risk", "labels", f"{NEXT}.csv")
    before, size = replaced.stat(), replaced.stat().st_size
    replaced.write_text(replaced.read_text().replace("C2,0,", "C2,1,"))
    os.utime(replaced, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert replaced.stat().st_size == size
    assert set(days_with_new_labels(intake, SYSTEM, LATER)) == {DAY}
    ingest(intake, [DAY], LATER)
    assert sorted(intake.lake.read("labels", SYSTEM.id, DAY)["value"].to_pylist()) == [1.0, 1.0]
    assert not days_with_new_labels(intake, SYSTEM, LATER)


def test_a_label_that_a_corrected_drop_no_longer_has_is_not_counted(
    intake: Intake, drops: Drops
) -> None:
    ingest(intake, [DAY, NEXT], LATER)
    drops.put_labels(f"C4,1,{NEXT} 21:00:00,chart,R1,0", day=NEXT)
    assert set(days_with_new_labels(intake, SYSTEM, LATER)) == {DAY}
    ingest(intake, [DAY], LATER)
    assert intake.lake.read("labels", SYSTEM.id, DAY).num_rows == 1
    assert not days_with_new_labels(intake, SYSTEM, LATER)


class WatchedLake(Lake):
    """A lake that knows which days' labels and predictions were looked at."""

    def __init__(self, root: UPath) -> None:
        super().__init__(root)
        self.looked: set[tuple[str, date]] = set()

    def find(self, table: str, system: str, day: date) -> pa.Table | None:
        """Return the table as a lake does, and remember the day."""
        self.looked.add((table, day))
        return super().find(table, system, day)


def test_a_look_costs_what_is_new_and_not_the_history(intake: Intake, drops: Drops) -> None:
    history = [DAY + timedelta(days=offset) for offset in range(8)]
    for day in history[2:]:
        drops.put_predictions(f"D{day.day},P,{day} 10:00:00,0.4,50,F", day=day)
        drops.put_labels(f"D{day.day},1,{day} 20:00:00,chart,R1,0", day=day)
    ingest(intake, history, history[-1])
    assert not list(recounts(intake, SYSTEM, LATER, LATER))
    drops.put_labels(f"D{history[-1].day},0,{LATER} 20:00:00,chart,R1,1", day=LATER)
    lake = WatchedLake(intake.lake.root)
    found = list(recounts(replace(intake, lake=lake), SYSTEM, LATER, LATER))
    assert [(each.start, each.end, each.predictions) for each in found] == [
        (history[-1], history[-1], False)
    ]
    assert {day for table, day in lake.looked if table == "label_arrivals"} == {LATER}
    assert min(day for table, day in lake.looked if table == "predictions") == history[-1]


def test_predictions_that_come_after_their_day_was_counted_recount_just_that_day(
    intake: Intake, drops: Drops
) -> None:
    late = Path(str(drops.root), "risk", "predictions", f"{DAY}.csv")
    content = late.read_text()
    late.unlink()
    ingest(intake, [DAY, NEXT], NEXT)
    assert states(intake, DAY) == {}
    unknown = intake.lake.read("quarantine", SYSTEM.id, DAY)
    assert unknown["rule"].to_pylist() == ["label for an unknown case"]
    assert not list(recounts(intake, SYSTEM, LATER, LATER))
    late.write_text(content)
    assert list(recounts(intake, SYSTEM, LATER, DAY - timedelta(days=1))) == []
    [found] = recounts(intake, SYSTEM, LATER, LATER)
    assert (found.start, found.end, found.predictions) == (DAY, DAY, True)
    ingest(intake, [DAY], LATER)
    assert states(intake, DAY) == {"mature": 2, "censored": 1}
    assert intake.lake.read("quarantine", SYSTEM.id, DAY).num_rows == 0
    assert not list(recounts(intake, SYSTEM, LATER, LATER))


def test_predictions_that_are_corrected_recount_their_day_and_cleared_ones_do_not(
    intake: Intake, drops: Drops
) -> None:
    ingest(intake, [DAY, NEXT], NEXT)
    Path(str(drops.root), "risk", "predictions", f"{NEXT}.csv").unlink()
    drops.put_predictions(f"C1,P0,{DAY} 15:00:00,0.9,50,F", day=DAY)
    [found] = recounts(intake, SYSTEM, LATER, LATER)
    assert (found.start, found.end, found.predictions) == (DAY, DAY, True)


def test_predictions_outlive_the_drops_they_came_in(intake: Intake, drops: Drops) -> None:
    ingest(intake, [DAY], DAY)
    before = intake.lake.read("predictions", SYSTEM.id, DAY)
    Path(str(drops.root), "risk", "predictions", f"{DAY}.csv").unlink()
    ingest(intake, [DAY], LATER)
    assert intake.lake.read("predictions", SYSTEM.id, DAY).equals(before)
    drops.put_predictions(f"C9,P9,{DAY} 15:00:00,0.9,50,F", day=DAY)
    ingest(intake, [DAY], LATER)
    assert intake.lake.read("predictions", SYSTEM.id, DAY).num_rows == 1


def several_files(drops: Drops, later_files: str) -> tuple[Any, Path, Path]:
    """Return a system with two files of predictions on DAY, and where they are."""
    path = "risk/predictions/{day}-*.csv"
    system = a_system(predictions={"path": path, "later_files": later_files})
    folder = Path(str(drops.root), "risk", "predictions")
    first, second = folder / f"{DAY}-1.csv", folder / f"{DAY}-2.csv"
    rows = [f"C{i},P{i},{DAY} 1{i}:00:00,0.{i},50,F" for i in (1, 2)]
    drops.put_predictions(*rows, f"C3,P3,{DAY} 13:00:00,7,50,F", day=DAY).rename(first)
    drops.put_predictions(f"C2,P2,{DAY} 12:30:00,0.5,50,F", day=DAY).rename(second)
    return system, first, second


@pytest.mark.parametrize(
    ("later_files", "scores", "refused"),
    [
        ("add", [0.1, 0.8], ["conflicting duplicate case", "score out of bounds"]),
        ("correct", [0.1, 0.8], ["replaced by a later file's row", "score out of bounds"]),
        ("replace", [0.8], []),
    ],
)
def test_predictions_and_refusals_outlive_a_cleared_drop_beside_another_that_changes(
    intake: Intake, drops: Drops, later_files: str, scores: list[float], refused: list[str]
) -> None:
    system, first, second = several_files(drops, later_files)
    list(ingest_predictions(intake, system, [DAY], DAY))
    first.unlink()
    for score in (0.6, 0.8, 0.8):
        drops.put_predictions(f"C2,P2,{DAY} 12:30:00,{score},50,F", day=DAY).rename(second)
        list(ingest_predictions(intake, system, [DAY], DAY))
    assert sorted(intake.lake.read("predictions", system.id, DAY)["score"].to_pylist()) == scores
    found = intake.lake.read("quarantine", system.id, DAY)
    assert sorted(found["rule"].to_pylist()) == refused
    assert set(found["file"].to_pylist()) <= {f"risk/predictions/{DAY}-1.csv"}


def test_where_the_last_file_stands_for_the_day_it_does_so_after_it_was_cleared(
    intake: Intake, drops: Drops
) -> None:
    system, first, second = several_files(drops, "replace")
    list(ingest_predictions(intake, system, [DAY], DAY))
    second.unlink()
    drops.put_predictions(f"C9,P9,{DAY} 12:30:00,0.9,50,F", day=DAY).rename(first)
    list(ingest_predictions(intake, system, [DAY], DAY))
    assert intake.lake.read("predictions", system.id, DAY)["score"].to_pylist() == [0.5]


def test_a_file_that_got_another_name_is_not_counted_twice(intake: Intake, drops: Drops) -> None:
    system, first, second = several_files(drops, "add")
    list(ingest_predictions(intake, system, [DAY], DAY))
    before = intake.lake.read("predictions", system.id, DAY)
    refused = intake.lake.read("quarantine", system.id, DAY)
    first.rename(first.with_name(f"{DAY}-0.csv"))
    list(ingest_predictions(intake, system, [DAY], DAY))
    after = intake.lake.read("predictions", system.id, DAY)
    assert after.drop_columns("file").equals(before.drop_columns("file"))
    assert intake.lake.read("quarantine", system.id, DAY).num_rows == refused.num_rows
    second.unlink()
    first.with_name(f"{DAY}-0.csv").rename(first.with_name(f"{DAY}-3.csv"))
    list(ingest_predictions(intake, system, [DAY], DAY))
    assert intake.lake.read("predictions", system.id, DAY).num_rows == before.num_rows
    assert intake.lake.read("quarantine", system.id, DAY).num_rows == refused.num_rows


def test_labels_landed_without_a_record_of_their_days_are_gathered_all_the_same(
    intake: Intake, drops: Drops
) -> None:
    ingest(intake, [DAY, NEXT], NEXT)
    landed = intake.lake.read("label_arrivals", SYSTEM.id, NEXT)
    bare = landed.replace_schema_metadata(None).drop_columns(["file", "row"])
    intake.lake.write("label_arrivals", SYSTEM.id, NEXT, bare, NEXT)
    Path(str(drops.root), "risk", "labels", f"{NEXT}.csv").unlink()
    list(ingest_labels(intake, SYSTEM, [DAY], NEXT))
    assert intake.lake.read("labels", SYSTEM.id, DAY).num_rows == 2
