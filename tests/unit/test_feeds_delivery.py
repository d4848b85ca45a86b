"""How files are delivered: still being written, in several parts, corrected, packed, hostile."""

import gzip
import io
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feed_hospital import DAY, PSEUDONYM, ZONE, Drops, a_system, cases, refusals

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds import Rule, Watch, prediction_arrivals, read_predictions

HEAD = "case,patient,at,risk,age,sex\n"
AT = "2025-03-04T12:00:00Z"
ROWS = f"c1,p1,{AT},0.25,60,F\nc2,p2,{AT},0.5,61,M\n"


@pytest.fixture
def drops(tmp_path):
    return Drops.below(tmp_path)


class Writer:
    """A clock that stands still, and a writer who does something while the reader waits."""

    def __init__(self, path, action=lambda: None):
        self.watch = Watch(now=lambda: path.stat().st_mtime + 1, wait=self.wait)
        self.waits = list[float]()
        self.action = action

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.action()


def read(drops, writer, **feed):
    system = a_system(predictions=feed)
    return read_predictions(system, DAY, drops.root, PSEUDONYM, ZONE, writer.watch)


def test_a_fresh_file_is_waited_for_and_read_when_it_stays_as_it_is(drops):
    path = drops.put_predictions(ROWS.splitlines()[0])
    writer = Writer(path)
    assert read(drops, writer, settle_seconds=30).rows.num_rows == 1
    assert writer.waits == [29]
    assert read(drops, writer, settle_seconds=0.5).rows.num_rows == 1
    assert writer.waits == [29]


def test_a_file_that_grows_while_it_is_watched_is_not_read(drops):
    path = drops.put_predictions(ROWS.splitlines()[0])
    writer = Writer(path, lambda: path.write_text(HEAD + ROWS))
    with pytest.raises(FeedError, match=rf"risk: predictions: {DAY}.csv is still being written"):
        read(drops, writer)


def test_a_file_that_changes_while_it_is_read_is_not_read(drops, monkeypatch):
    path = drops.put_predictions(ROWS.splitlines()[0])
    from aiops_pipelines.feeds import raw_file

    def digest_and_touch(stream):
        os.utime(path, (1, 1))
        return "x"

    monkeypatch.setattr(raw_file, "digest", digest_and_touch)
    with pytest.raises(FeedError, match="is still being written"):
        drops.predictions()


@pytest.mark.parametrize("suffix", [".tmp", ".part", ".FILEPART", ".crdownload"])
def test_a_file_with_an_unfinished_name_is_not_read(drops, suffix):
    system = a_system(predictions={"path": "risk/predictions/{day}*"})
    drops.put(f"predictions/{DAY}.csv{suffix}", HEAD + ROWS)
    assert drops.predictions(system).files == ()
    assert prediction_arrivals(system, drops.root) == []


def deliver(drops, later: str, second: str):
    drops.put(f"predictions/{DAY}-1.csv", HEAD + ROWS)
    drops.put(f"predictions/{DAY}-2.csv", HEAD + second)
    path = "risk/predictions/{day}-*.csv"
    return drops.predictions(a_system(predictions={"path": path, "later_files": later}))


CORRECTION = f"c2,p2,{AT},0.75,61,M\nc3,p3,{AT},0.5,61,M\n"


def test_a_later_file_adds_and_contradictions_are_conflicts(drops):
    batch = deliver(drops, "add", CORRECTION)
    assert sorted(batch.rows["case_id"].to_pylist()) == sorted(cases("c1", "c2", "c3"))
    assert refusals(batch) == [(f"{DAY}-1.csv", 3, Rule.CONFLICTING_CASE, "case_id")]


def test_a_later_file_corrects_its_own_cases_and_no_others(drops):
    batch = deliver(drops, "correct", CORRECTION)
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2", "c3")
    assert batch.rows["score"].to_pylist() == [0.25, 0.75, 0.5]
    assert refusals(batch) == [(f"{DAY}-1.csv", 3, Rule.REPLACED, "case_id")]


def test_a_correction_stands_even_if_its_rows_say_they_were_received_earlier(drops):
    columns = {**a_system().predictions.columns, "received_at": "got"}
    for number, (score, got) in enumerate([(0.25, "13:00"), (0.75, "12:30")], start=1):
        row = f"c1,p1,{AT},{score},60,F,2025-03-04T{got}:00Z\n"
        drops.put(f"predictions/{DAY}-{number}.csv", HEAD.strip() + ",got\n" + row)
    feed = {"path": "risk/predictions/{day}-*.csv", "columns": columns, "later_files": "correct"}
    assert drops.predictions(a_system(predictions=feed)).rows["score"].to_pylist() == [0.75]


def test_a_later_file_takes_the_place_of_all_earlier_ones(drops):
    batch = deliver(drops, "replace", CORRECTION)
    assert batch.rows["case_id"].to_pylist() == cases("c2", "c3")
    assert refusals(batch) == [(f"{DAY}-1.csv", None, Rule.REPLACED_FILE, None)]
    assert [file.rows for file in batch.files] == [0, 2]


def test_a_corrected_label_replaces_that_readers_label_of_the_same_revision(drops):
    head = "case,died,received,source,reader,revision\n"
    drops.put(f"labels/{DAY}-1.csv", f"{head}c1,1,{AT},chart,r1,0\nc1,1,{AT},chart,r2,0\n")
    drops.put(f"labels/{DAY}-2.csv", f"{head}c1,0,2025-03-04T11:00:00Z,chart,r1,0\n")
    labels = {"path": "risk/labels/{day}-*.csv", "later_files": "correct"}
    batch = drops.labels(a_system(labels=labels))
    assert [(row["reader"], row["value"]) for row in batch.rows.to_pylist()] == [
        ("r2", 1.0),
        ("r1", 0.0),
    ]
    assert refusals(batch) == [(f"{DAY}-1.csv", 2, Rule.REPLACED, "case_id")]


def packed_system():
    return a_system(predictions={"path": "risk/predictions/{day}-*"})


def test_a_packed_bomb_is_refused_before_it_is_unpacked_and_the_others_are_read(drops):
    drops.put(f"predictions/{DAY}-a.csv.gz", gzip.compress(HEAD.encode() + b"\0" * 100_000_000))
    drops.put(f"predictions/{DAY}-b.csv", HEAD + ROWS)
    batch = drops.predictions(packed_system())
    assert batch.rows.num_rows == 2
    assert refusals(batch) == [(f"{DAY}-a.csv.gz", None, Rule.BOMB, None)]


def test_a_zip_archive_is_named_as_such(drops):
    drops.put(f"predictions/{DAY}-a.zip", b"PK\x03\x04" + b"\0" * 100)
    assert refusals(drops.predictions(packed_system()))[0][2] == Rule.ZIP


def test_a_parquet_of_endless_equal_rows_is_refused_by_its_declared_size(drops):
    system = a_system(predictions={"kind": "parquet", "path": "risk/predictions/{day}-*"})
    empty = pa.table({"case": pa.nulls(60_000_000, pa.int8())})
    sink = io.BytesIO()
    pq.write_table(empty, sink, row_group_size=60_000_000)
    assert len(sink.getvalue()) < 1_000_000
    drops.put(f"predictions/{DAY}-a.parquet", sink.getvalue())
    assert refusals(drops.predictions(system)) == [(f"{DAY}-a.parquet", None, Rule.TOO_LARGE, None)]


@pytest.mark.parametrize("place", ["mapped", "not mapped"])
def test_a_ten_megabyte_cell_costs_its_row_only_where_it_is_mapped(drops, place):
    huge = "x" * 10_000_000
    note = f"c9,p9,{AT},0.5,60,{huge},n" if place == "mapped" else f"c9,p9,{AT},0.5,60,F,{huge}"
    drops.put(f"predictions/{DAY}.csv", f"{HEAD.strip()},note\nc1,p1,{AT},0.5,60,F,n\n{note}\n")
    batch = drops.predictions()
    kept = cases("c1") if place == "mapped" else cases("c1", "c9")
    assert batch.rows["case_id"].to_pylist() == kept
    expected = [(f"{DAY}.csv", 3, Rule.CELL_TOO_LONG, "sex")] if place == "mapped" else []
    assert refusals(batch) == expected


def test_text_like_a_formula_becomes_missing_and_codes_and_numbers_stay(drops):
    words = ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+cmd", "-2+3", "+", "+/-", "-1.5", "F"]
    drops.put_predictions(*(f"c{k},p,{AT},0.5,1,{word}" for k, word in enumerate(words)))
    batch = drops.predictions()
    assert batch.rows["sex"].to_pylist() == [None] * 4 + words[4:]
    assert refusals(batch) == [(f"{DAY}.csv", k, Rule.FORMULA, "sex") for k in range(2, 6)]
    assert batch.refused_rows == 0


def test_a_file_larger_than_a_block_is_read_like_a_small_one(drops):
    rows = [f"c{k},p{k % 50},{AT},{k % 100 / 100},60,F" for k in range(250_000)]
    rows[200_000] = "ragged"
    rows[249_999] = rows[3]
    drops.put_predictions(*rows)
    batch = drops.predictions()
    assert batch.rows.num_rows == 249_998
    assert refusals(batch) == [
        (f"{DAY}.csv", 200_002, Rule.RAGGED, None),
        (f"{DAY}.csv", 5, Rule.DUPLICATE, "case_id"),
    ]
    assert batch.provenance["row"].to_pylist()[-1] == 250_001
