"""What goes wrong in one system's input is said clearly, kept, and stops nobody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from mini_hospital import LAST, MiniHospital, make

VICTIM, OTHER = "no-show", "falls-risk"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> MiniHospital:
    made = make(tmp_path_factory.mktemp("hospital"), [VICTIM, OTHER])
    made.simulate()
    done = made.backfill()
    assert done.returncode == 0, done.stderr
    return made


def quarantine(hospital: MiniHospital) -> list[dict[str, Any]]:
    file = hospital.home / "lake" / "quarantine" / VICTIM / f"{LAST}.parquet"
    rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    return rows


def spoil(hospital: MiniHospital, change: Callable[[str], str], feed: str = "predictions") -> Path:
    """Change the text of the victim's file of the last day; return the file."""
    file = hospital.feeds / VICTIM / feed / f"{LAST}.csv"
    file.write_text(change(file.read_text()))
    return file


@pytest.fixture
def restored(hospital: MiniHospital) -> Any:
    """Put the victim's files back after the test."""
    files = [hospital.feeds / VICTIM / feed / f"{LAST}.csv" for feed in ("predictions", "labels")]
    before = {file: file.read_bytes() for file in files}
    yield
    for file, content in before.items():
        file.write_bytes(content)


def with_score(text: str, line: int, score: str) -> str:
    lines = text.splitlines()
    column = lines[0].replace('"', "").split(",").index("no_show_score")
    cells = lines[line].split(",")
    cells[column] = score
    lines[line] = ",".join(cells)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("score", "rule"), [("1.7", "score out of bounds"), ("NaN", "score missing")]
)
@pytest.mark.usefixtures("restored")
def test_a_row_with_a_bad_score_goes_to_quarantine_and_the_night_goes_on(
    hospital: MiniHospital, score: str, rule: str
) -> None:
    spoil(hospital, lambda text: with_score(text, 3, score))
    done = hospital.run()
    assert done.returncode == 0, done.stderr
    kept = [row for row in quarantine(hospital) if row["rule"] == rule]
    assert [(row["file"], row["row"]) for row in kept] == [(f"{VICTIM}/predictions/{LAST}.csv", 4)]
    assert all(score not in str(row["masked_value"]) for row in kept)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda text: "", "empty file"),
        (
            lambda text: text.replace('"', "").replace(",", ";"),
            "column not in the header (wrong delimiter?)",
        ),
    ],
    ids=["empty", "wrong delimiter"],
)
@pytest.mark.usefixtures("restored")
def test_a_file_that_cannot_be_read_stops_its_own_system_only(
    hospital: MiniHospital, change: Callable[[str], str], rule: str
) -> None:
    spoil(hospital, change)
    done = hospital.run()
    assert done.returncode == 1
    assert VICTIM in done.stderr and OTHER not in done.stderr
    assert rule in {row["rule"] for row in quarantine(hospital)}
    rows = hospital.json("status", "--day", str(LAST))
    areas = {row["system"]: row["areas"] for row in rows}
    assert areas[VICTIM]["integrity"]["verdict"] == "breach"
    assert areas[OTHER]["integrity"]["verdict"] == "ok"
    assert areas[OTHER]["performance"]["verdict"] != "insufficient data"
    incidents = hospital.json("incidents", "list")
    assert {each["system"] for each in incidents if each["check"] == "predictions_intact"} == {
        VICTIM
    }


@pytest.mark.usefixtures("restored")
def test_labels_of_unknown_cases_are_kept_apart(hospital: MiniHospital) -> None:
    spoil(
        hospital,
        lambda text: text + f'"999999",1,"{LAST} 08:00:00","{LAST} 23:30:00","scheduling","R1",0\n',
        "labels",
    )
    assert hospital.run().returncode == 0
    rows = [row for row in quarantine(hospital) if row["rule"] == "label for an unknown case"]
    assert len(rows) == 1 and rows[0]["file"].endswith(f"labels/{LAST}.csv")


def test_the_same_night_twice_gives_the_same_bytes_and_incidents(hospital: MiniHospital) -> None:
    assert hospital.run().returncode == 0
    before, incidents = hospital.lake_bytes(), hospital.json("incidents", "list")
    assert hospital.run().returncode == 0
    assert hospital.lake_bytes() == before
    assert hospital.json("incidents", "list") == incidents


def test_a_broken_portfolio_entry_is_named_and_the_others_run(hospital: MiniHospital) -> None:
    file = hospital.systems / f"{VICTIM}.yaml"
    text = file.read_text()
    try:
        file.write_text(text + "colour: blue\n")
        checked = hospital.aiops("portfolio", "validate")
        assert checked.returncode == 1
        line = len(text.splitlines()) + 1
        assert f"{VICTIM}.yaml:{line}: colour: unknown key" in checked.stderr
        assert hospital.run().returncode == 0
        assert hospital.status(OTHER)["areas"]["integrity"]["verdict"] == "ok"
    finally:
        file.write_text(text)


def test_a_missing_feed_folder_names_the_folder_and_what_to_do(hospital: MiniHospital) -> None:
    folder = hospital.feeds / VICTIM / "predictions"
    hidden = folder.with_name("elsewhere")
    folder.rename(hidden)
    try:
        done = hospital.run()
        assert done.returncode == 1
        assert str(folder) in done.stderr and "AIOPS_FEEDS" in done.stderr
        assert hospital.status(OTHER)["areas"]["integrity"]["verdict"] == "ok"
        assert unfinished(hospital) == [(VICTIM, None)]
    finally:
        hidden.rename(folder)
    assert hospital.run().returncode == 0
    assert unfinished(hospital) == [(VICTIM, str(LAST))]


def unfinished(hospital: MiniHospital) -> list[tuple[str, str | None]]:
    """Return the incidents of nights that did not finish: system, and the day it recovered."""
    incidents = hospital.json("incidents", "list")
    mine = [each for each in incidents if each["check"] == "night_finished"]
    return [(each["system"], each["recovered_on"]) for each in mine]


def test_no_identifier_of_a_patient_is_stored_anywhere(hospital: MiniHospital) -> None:
    raw = (hospital.feeds / VICTIM / "predictions" / f"{LAST}.csv").read_text().splitlines()[1:]
    identifiers = {line.split(",")[0].strip('"') for line in raw}
    patients = {line.split(",")[1].strip('"') for line in raw}
    table = pq.read_table(hospital.home / "lake" / "predictions" / VICTIM / f"{LAST}.parquet")
    stored = {str(value) for name in table.column_names for value in table[name].to_pylist()}
    assert not stored & (identifiers | patients)
    some = sorted(identifiers)[:20] + sorted(patients)[:20]
    written = [file for file in hospital.home.rglob("*") if hospital.feeds not in file.parents]
    for file in written:
        content = file.read_bytes() if file.is_file() else b""
        named = f"{file.relative_to(hospital.home)}".encode()
        assert not [each for each in some if each.encode() in named + content], file
    assert {".db", ".out", ".parquet"} <= {file.suffix for file in written}


@pytest.mark.usefixtures("restored")
def test_a_feed_is_tried_without_writing_anything(hospital: MiniHospital) -> None:
    before = hospital.lake_bytes()
    spoil(hospital, lambda text: with_score(text, 5, "1.7"))
    predictions, labels = hospital.json("feeds", "check", VICTIM, "--day", str(LAST))
    assert predictions["kept"] > 0 and labels["feed"] == "labels"
    [refusal] = [r for r in predictions["refusals"] if r["rule"] == "score out of bounds"]
    assert (refusal["rows"], refusal["column"]) == (1, "score")
    assert refusal["where"] == [f"{VICTIM}/predictions/{LAST}.csv:6"]
    seen = {column["ours"]: column for column in predictions["columns"]}
    assert seen["case_id"]["values"] == "pseudonyms"
    assert hospital.lake_bytes() == before


@pytest.mark.usefixtures("restored")
def test_quarantined_rows_are_listed_mended_and_released_on_record(hospital: MiniHospital) -> None:
    file = hospital.feeds / VICTIM / "predictions" / f"{LAST}.csv"
    sound = file.read_text()
    spoil(hospital, lambda text: with_score(text, 5, "1.7"))
    assert hospital.run(LAST, "--system", VICTIM).returncode == 0
    listed = hospital.json("quarantine", "list", "--system", VICTIM)
    assert {"score out of bounds"} <= {row["rule"] for row in listed if row["day"] == str(LAST)}
    kept = len(hospital.predictions(VICTIM))

    file.write_text(sound)
    said = ("--reason", "vendor sent the row again", "--by", "A. Analyst")
    done = hospital.aiops("quarantine", "release", VICTIM, "--day", str(LAST), *said)
    assert done.returncode == 0, done.stderr
    assert len(hospital.predictions(VICTIM)) == kept + 1
    shown = hospital.json("quarantine", "show", VICTIM, "--day", str(LAST))
    assert not [row for row in shown["rows"] if row["rule"] == "score out of bounds"]
    [record] = shown["releases"]
    assert (record["released_by"], record["reason"]) == (said[3], said[1])
    assert record["held_before"] == record["held_after"] + 1


def test_nothing_to_release_says_where_to_look(hospital: MiniHospital) -> None:
    said = ("--reason", "none", "--by", "nobody", "--feed", "labels")
    done = hospital.aiops("quarantine", "release", OTHER, "--day", str(LAST), *said)
    assert done.returncode == 1 and "aiops quarantine list" in done.stderr


def test_a_profile_is_made_once_with_its_hash(hospital: MiniHospital) -> None:
    period = ("--from", "2026-09-01", "--to", "2026-09-20")
    made = hospital.json("feeds", "profile", VICTIM, *period)
    assert len(made["sha256"]) == 16 and made["cases"] > 1000 and made["facts"]["score"]
    again = hospital.aiops("feeds", "profile", VICTIM, *period)
    assert again.returncode == 1 and made["sha256"] in again.stderr
    in_use = hospital.aiops(
        "feeds", "profile", VICTIM, "--from", "2026-09-02", "--to", "2026-09-13"
    )
    assert in_use.returncode == 1 and "not overwritten" in in_use.stderr


def integrity(hospital: MiniHospital, system: str) -> dict[str, str]:
    """Return the gravest verdict of each rule on the last day."""
    file = hospital.home / "lake" / "integrity" / system / f"{LAST}.parquet"
    rows = pq.read_table(file).to_pylist()
    return {
        row["metric"]: row["verdict"]
        for row in sorted(rows, key=lambda row: row["verdict"] == "breach")
    }


def open_checks(hospital: MiniHospital) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (each["system"], each["check"]): each
        for each in hospital.json("incidents", "list")
        if not each["recovered_on"]
    }


def doubled_in_hours_by_another_version(text: str) -> str:
    head, *lines = text.splitlines()
    names = head.replace('"', "").split(",")
    changed = []
    for line in lines:
        cells = line.split(",")
        cells[names.index("lead_days")] = str(24 * float(cells[names.index("lead_days")]))
        cells[names.index("model_version")] = "6.4-silent"
        changed.append(",".join(cells))
    return "\n".join([head, *changed, *changed]) + "\n"


@pytest.mark.usefixtures("restored")
def test_each_fault_raises_its_check_and_a_blocking_rule_stops_only_its_own_night(
    hospital: MiniHospital,
) -> None:
    spoil(hospital, doubled_in_hours_by_another_version)
    stopped = hospital.feeds / OTHER / "predictions" / f"{LAST}.csv"
    hidden = stopped.rename(stopped.with_suffix(".part"))
    (hospital.home / "lake" / "predictions" / OTHER / f"{LAST}.parquet").unlink()
    assert hospital.run().returncode == 0
    assert {"repeated_rows", "unit_factor", "unknown_version"} <= {
        rule for rule, verdict in integrity(hospital, VICTIM).items() if verdict == "breach"
    }
    assert integrity(hospital, OTHER)["feed_arrived"] == "breach"
    found = open_checks(hospital)
    assert {(VICTIM, "predictions_integrity"), (OTHER, "predictions_integrity")} <= set(found)

    hidden.rename(stopped)
    with (hospital.systems / f"{VICTIM}.yaml").open("a") as file:
        rule = "{expect: expect_column_median_to_be_between, column: lead_days, max_value: 100"
        file.write(f"quality:\n  - {rule}, severity: block}}\n")
    done = hospital.run()
    assert done.returncode == 1
    assert VICTIM in done.stderr and OTHER not in done.stderr
    left = open_checks(hospital)
    stopped_by = hospital.json("incidents", "show", left[VICTIM, "predictions_intact"]["id"])
    assert any("lead_days" in entry["summary"] for entry in stopped_by["timeline"])
    assert (OTHER, "predictions_integrity") not in left
