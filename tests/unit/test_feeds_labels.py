"""Rows of labels: which are kept, which are refused, and what they say about receipt."""

from datetime import UTC, date, datetime, timedelta

import pytest
from feed_hospital import DAY, Drops, a_system, cases, refusals
from pydantic import ValidationError

from aiops_pipelines.feeds import Rule, label_arrivals
from aiops_pipelines.schema import LABELS

RECEIVED = "2025-03-04T15:00:00Z"
GOOD = f"c1,1,{RECEIVED},chart,r1,0"


@pytest.fixture
def drops(tmp_path):
    return Drops.below(tmp_path)


def test_a_good_label_is_typed_and_under_a_pseudonym(drops):
    drops.put_labels(GOOD)
    batch = drops.labels()
    assert batch.rows.schema == LABELS
    assert batch.rows.to_pylist() == [
        {
            "case_id": cases("c1")[0],
            "value": 1.0,
            "decided_at": None,
            "received_at": datetime(2025, 3, 4, 15, tzinfo=UTC),
            "source": "chart",
            "reader": "r1",
            "revision": 0,
        }
    ]
    assert batch.provenance.to_pylist() == [{"file": f"risk/labels/{DAY}.csv", "row": 2}]


@pytest.mark.parametrize(
    ("row", "rule", "column"),
    [
        (f",1,{RECEIVED},chart,r1,0", Rule.CASE_MISSING, "case_id"),
        (f"c9,,{RECEIVED},chart,r1,0", Rule.LABEL_MISSING, "value"),
        (f"c9,2,{RECEIVED},chart,r1,0", Rule.LABEL_NOT_ALLOWED, "value"),
        (f"c9,0.5,{RECEIVED},chart,r1,0", Rule.LABEL_NOT_ALLOWED, "value"),
        (f"c9,dead,{RECEIVED},chart,r1,0", Rule.LABEL_NOT_ALLOWED, "value"),
        ("c9,1,,chart,r1,0", Rule.TIME_MISSING, "received_at"),
        ("c9,1,noon,chart,r1,0", Rule.TIME_UNREADABLE, "received_at"),
        ("c9,1,2025-03-05T06:00Z,chart,r1,0", Rule.RECEIVED_AFTER_FILE, "received_at"),
        (f"c9,1,{RECEIVED},chart,r1,-1", Rule.REVISION_NOT_WHOLE, "revision"),
        (f"c9,1,{RECEIVED},chart,r1,1.5", Rule.REVISION_NOT_WHOLE, "revision"),
        (f"c9,1,{RECEIVED},chart,r1,final", Rule.REVISION_NOT_WHOLE, "revision"),
        (f"c9,1,{RECEIVED},chart,r1,1e99", Rule.REVISION_NOT_WHOLE, "revision"),
    ],
)
def test_a_bad_label_is_refused_with_its_number_and_the_others_stay(drops, row, rule, column):
    drops.put_labels(GOOD, row, f"c2,0,{RECEIVED},chart,r1,0")
    batch = drops.labels()
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2")
    assert refusals(batch) == [(f"{DAY}.csv", 3, rule, column)]


def test_a_label_from_an_unknown_or_unstated_source_is_kept(drops):
    drops.put_labels(f"c1,1,{RECEIVED},rumour,r1,0", f"c2,1,{RECEIVED},,r1,0")
    batch = drops.labels()
    assert batch.rows["source"].to_pylist() == ["rumour", "not stated"]
    assert batch.quarantine.num_rows == 0


def test_the_only_source_need_not_be_in_the_file_but_one_of_several_must(drops):
    drops.put_labels(GOOD)
    feed = {"columns": {"case_id": "case", "value": "died"}}
    truth = {"truth": "death", "sources": ["chart"], "mature_after_days": 7}
    assert drops.labels(a_system(labels=feed, truth=truth)).rows["source"].to_pylist() == ["chart"]
    with pytest.raises(ValidationError, match=r"labels.columns: must say which .* source"):
        a_system(labels=feed)


def test_without_a_time_of_receipt_a_label_came_at_the_end_of_its_files_day(drops):
    drops.put_labels(GOOD)
    feed = {"columns": {"case_id": "case", "value": "died", "source": "source"}}
    (row,) = drops.labels(a_system(labels=feed)).rows.to_pylist()
    assert row["received_at"] == datetime(2025, 3, 5, 6, tzinfo=UTC) - timedelta(microseconds=1)
    assert (row["reader"], row["revision"]) == (None, 0)


def test_revisions_and_readers_are_all_kept(drops):
    drops.put_labels(GOOD, f"c1,0,{RECEIVED},chart,r1,1", f"c1,0,{RECEIVED},chart,r2,0")
    batch = drops.labels()
    assert batch.rows["value"].to_pylist() == [1.0, 0.0, 0.0]
    assert batch.quarantine.num_rows == 0


def test_one_revision_said_twice_counts_once_and_the_last_in_the_file_wins(drops):
    drops.put_labels(GOOD, GOOD, f"c2,1,{RECEIVED},chart,r1,0", f"c2,0,{RECEIVED},chart,r1,0")
    batch = drops.labels()
    assert batch.rows["value"].to_pylist() == [1.0, 0.0]
    assert refusals(batch) == [
        (f"{DAY}.csv", 2, Rule.DUPLICATE, "case_id"),
        (f"{DAY}.csv", 4, Rule.CONFLICTING_LABEL, "case_id"),
    ]


def test_class_labels_are_positions_and_regression_labels_may_exceed_the_outputs_range(drops):
    drops.put_labels(GOOD.replace(",1,", ",high,", 1), f"c2,other,{RECEIVED},chart,r1,0")
    ordinal = {"task": "ordinal", "predicts": "grade", "classes": ["low", "high"]}
    batch = drops.labels(a_system(output=ordinal))
    assert batch.rows["value"].to_pylist() == [1.0]
    assert refusals(batch) == [(f"{DAY}.csv", 3, Rule.LABEL_NOT_ALLOWED, "value")]
    drops.put_labels(GOOD.replace(",1,", ",70.5,", 1), f"c2,inf,{RECEIVED},chart,r1,0")
    stay = {"task": "regression", "predicts": "stay", "unit": "days", "range": [0, 60]}
    batch = drops.labels(a_system(output=stay))
    assert batch.rows["value"].to_pylist() == [70.5]
    assert refusals(batch) == [(f"{DAY}.csv", 3, Rule.LABEL_NOT_ALLOWED, "value")]


def test_the_hospitals_words_become_labels_and_an_unreadable_decision_time_is_missing(drops):
    feed = {
        "columns": {"case_id": "c", "value": "v", "source": "s", "decided_at": "d"},
        "values": {"value": {"ALIVE": "0", "EXPIRED": "1"}},
    }
    drops.put(f"labels/{DAY}.csv", "c,v,s,d\nc1,EXPIRED,chart,2025-03-04\nc2,ALIVE,chart,soon\n")
    batch = drops.labels(a_system(labels=feed))
    assert batch.rows["value"].to_pylist() == [1.0, 0.0]
    assert batch.rows["decided_at"].to_pylist() == [datetime(2025, 3, 4, tzinfo=UTC), None]
    assert refusals(batch) == [(f"{DAY}.csv", 3, Rule.DECIDED_UNREADABLE, "decided_at")]
    assert batch.refused_rows == 0


def test_days_read_one_by_one_or_at_once_give_the_same(drops):
    later = DAY + timedelta(days=1)
    drops.put_labels(GOOD, GOOD)
    drops.put_labels(GOOD, "c2,5,2025-03-05T15:00:00Z,registry,r1,0", day=later)
    together = drops.labels(end=later)
    first, second = drops.labels(), drops.labels(start=later)
    for name in ("rows", "provenance", "quarantine"):
        parts = getattr(first, name).to_pylist() + getattr(second, name).to_pylist()
        assert getattr(together, name).to_pylist() == parts
    assert together.files == first.files + second.files
    assert label_arrivals(a_system(), drops.root) == [DAY, later]


def test_labels_are_found_by_the_day_they_arrived(drops):
    drops.put_labels(GOOD)
    assert drops.labels(start=date(2025, 3, 5)).files == ()
    assert drops.labels(start=date(2025, 3, 3), end=date(2025, 3, 5)).rows.num_rows == 1
