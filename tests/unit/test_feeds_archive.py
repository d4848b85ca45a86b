"""Archives: one file without days, whose rows get days in file order."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from feed_hospital import Drops, a_system, cases, refusals

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds import Rule, label_arrivals, prediction_arrivals
from aiops_pipelines.portfolio import System

START = date(2025, 1, 1)
DAYS = {"from": "2025-01-01", "rows_per_day": 2}
TRUTH = {"truth": "death", "sources": ["chart"], "mature_after_days": 0}
CONTENT = "id,risk,died\nc1,0.1,0\nc2,0.2,1\nc3,-1,0\nc4\nc5,0.5,1\n"


def archived(
    labels: str = "risk/all.csv", days: dict[str, Any] = DAYS, value: str = "died"
) -> System:
    return a_system(
        predictions={
            "path": "risk/all.csv",
            "days": DAYS,
            "columns": {"case_id": "id", "score": "risk"},
            "missing": {"score": ["-1"]},
        },
        labels={"path": labels, "days": days, "columns": {"case_id": "id", "value": value}},
        truth=TRUTH,
        features=[],
        subgroups=[],
    )


@pytest.fixture
def drops(tmp_path):
    found = Drops.below(tmp_path)
    found.put("all.csv", CONTENT)
    return found


def test_rows_get_days_in_file_order_refused_rows_included(drops):
    system = archived()
    days = [START + timedelta(days=k) for k in range(4)]
    batches = [drops.predictions(system, day) for day in days]
    ids = [batch.rows["case_id"].to_pylist() for batch in batches]
    assert ids == [cases("c1", "c2"), [], cases("c5"), []]
    assert refusals(batches[1]) == [
        ("all.csv", 5, Rule.RAGGED, None),
        ("all.csv", 4, Rule.NOT_SCORED, "score"),
    ]
    assert [[file.rows for file in batch.files] for batch in batches] == [[2], [2], [1], []]
    assert batches[2].provenance["row"].to_pylist() == [6]
    assert prediction_arrivals(system, drops.root) == label_arrivals(system, drops.root) == days[:3]


def test_predictions_and_labels_of_an_archive_carry_the_days_first_moment(drops):
    moment = datetime(2025, 1, 3, 6, tzinfo=UTC)
    day = START + timedelta(days=2)
    (prediction,) = drops.predictions(archived(), day).rows.to_pylist()
    (label,) = drops.labels(archived(), day).rows.to_pylist()
    assert prediction["predicted_at"] == prediction["received_at"] == moment
    assert (label["received_at"], label["value"], label["source"]) == (moment, 1.0, "chart")


def test_the_outcome_of_a_case_without_a_score_is_set_aside_with_it(drops):
    batch = drops.labels(archived(), START + timedelta(days=1))
    assert batch.rows.num_rows == 0
    assert refusals(batch) == [
        ("all.csv", 5, Rule.RAGGED, None),
        ("all.csv", 4, Rule.NOT_SCORED, "case_id"),
    ]


def test_labels_of_another_archive_have_the_day_of_their_case(drops):
    drops.put("truth.csv", "id,died\nc5,1\nc2,0\nstranger,1\nc1,1\n")
    system = archived(labels="risk/truth.csv")
    found = {
        day: drops.labels(system, START + timedelta(days=day)).rows["case_id"].to_pylist()
        for day in range(3)
    }
    assert found == {0: cases("c2", "stranger", "c1"), 1: [], 2: cases("c5")}


def test_an_archive_that_changed_is_read_again(drops):
    assert drops.predictions(archived(), START).rows.num_rows == 2
    drops.put("all.csv", CONTENT.replace("c2,0.2,1", "c2,x,1,"))
    assert drops.predictions(archived(), START).rows.num_rows == 1


def test_two_mappings_of_one_archive_are_kept_apart(drops):
    assert drops.labels(archived(), START).rows["value"].to_pylist() == [0.0, 1.0]
    assert refusals(drops.labels(archived(value="risk"), START)) == [
        ("all.csv", 2, Rule.LABEL_NOT_ALLOWED, "value"),
        ("all.csv", 3, Rule.LABEL_NOT_ALLOWED, "value"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty file"), (CONTENT.replace(",", ";").encode(), "column not in the header")],
)
def test_an_archive_that_cannot_be_read_is_an_error(drops, content, words):
    drops.put("all.csv", content)
    with pytest.raises(FeedError, match=rf"risk: predictions: risk/all.csv: {words}"):
        drops.predictions(archived(), START)


def test_a_missing_archive_is_named_with_the_setting(drops):
    with pytest.raises(FeedError, match=r"labels: the archive .*none.csv .*AIOPS_FEEDS"):
        drops.labels(archived(labels="risk/none.csv"), START)


def test_the_labels_days_must_be_those_of_the_predictions(drops):
    other = {"from": "2025-01-02", "rows_per_day": 2}
    with pytest.raises(FeedError, match="`days` rule must be that of the predictions"):
        drops.labels(archived(days=other), START)
