"""Rows of predictions: which are kept, which are refused, under which rule and row number."""

from datetime import UTC, date, datetime

import pytest
from feed_hospital import DAY, PSEUDONYM, Drops, a_system, cases, refusals

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds import Rule, prediction_arrivals
from aiops_pipelines.schema import QUARANTINE, predictions_schema

GOOD = "c1,p1,2025-03-04T12:00:00Z,0.25,60,F"


@pytest.fixture
def drops(tmp_path):
    return Drops.below(tmp_path)


def test_a_good_row_is_typed_and_under_pseudonyms(drops):
    drops.put_predictions(GOOD)
    batch = drops.predictions()
    assert batch.rows.schema == predictions_schema(a_system())
    assert batch.rows.to_pylist() == [
        {
            "case_id": PSEUDONYM.one("c1", "case"),
            "patient_id": PSEUDONYM.one("p1", "patient"),
            "predicted_at": datetime(2025, 3, 4, 12, tzinfo=UTC),
            "received_at": datetime(2025, 3, 4, 12, tzinfo=UTC),
            "version": None,
            "score": 0.25,
            "age": 60.0,
            "sex": "F",
        }
    ]
    assert batch.quarantine.schema == QUARANTINE
    assert batch.quarantine.num_rows == 0
    assert batch.provenance.to_pylist() == [{"file": f"risk/predictions/{DAY}.csv", "row": 2}]


@pytest.mark.parametrize(
    ("row", "rule", "column", "masked"),
    [
        (",p1,2025-03-04T12:00Z,0.2,60,F", Rule.CASE_MISSING, "case_id", "missing"),
        ("c9,p1,2025-03-04T12:00Z,,60,F", Rule.SCORE_MISSING, "score", "missing"),
        ("c9,p1,2025-03-04T12:00Z,NaN,60,F", Rule.SCORE_MISSING, "score", "missing"),
        ("c9,p1,2025-03-04T12:00Z,high,60,F", Rule.SCORE_NOT_A_NUMBER, "score", "text"),
        ("c9,p1,2025-03-04T12:00Z,1.01,60,F", Rule.SCORE_OUT_OF_BOUNDS, "score", "number > 1"),
        ("c9,p1,2025-03-04T12:00Z,-0.1,60,F", Rule.SCORE_OUT_OF_BOUNDS, "score", "number < 0"),
        ("c9,p1,2025-03-04T12:00Z,inf,60,F", Rule.SCORE_OUT_OF_BOUNDS, "score", "number > 1"),
        ("c9,p1,,0.2,60,F", Rule.TIME_MISSING, "predicted_at", "missing"),
        ("c9,p1,4 March,0.2,60,F", Rule.TIME_UNREADABLE, "predicted_at", "text"),
        ("c9,p1,2025-13-04T12:00Z,0.2,60,F", Rule.TIME_UNREADABLE, "predicted_at", "text"),
        ("c9,p1,2025-03-04T05:59Z,0.2,60,F", Rule.NOT_ON_ITS_DAY, "predicted_at", "before the day"),
        ("c9,p1,2025-03-05T06:00Z,0.2,60,F", Rule.NOT_ON_ITS_DAY, "predicted_at", "after the day"),
    ],
)
def test_a_bad_row_is_refused_with_its_number_and_the_others_stay(drops, row, rule, column, masked):
    drops.put_predictions(GOOD, row, "c2,p2,2025-03-04T13:00:00Z,0.5,61,M")
    batch = drops.predictions()
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2")
    assert refusals(batch) == [(f"{DAY}.csv", 3, rule, column)]
    assert batch.quarantine["masked_value"].to_pylist() == [masked]
    assert batch.refused_rows == 1


def test_the_day_is_the_hospitals_not_utc(drops):
    drops.put_predictions(
        "first,p1,2025-03-04T06:00:00Z,0.1,1,F", "last,p1,2025-03-05T05:59:59.999999Z,0.1,1,F"
    )
    assert drops.predictions().rows.num_rows == 2


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        ("2025-03-09", "02:30", "2025-03-09 08:00"),  # left out when summer time starts
        ("2025-03-09", "23:59", "2025-03-10 04:59"),
        ("2025-11-02", "01:30", "2025-11-02 06:30"),  # twice when it ends: taken as the first
        ("2025-11-02", "23:59", "2025-11-03 05:59"),
    ],
)
def test_nights_on_which_the_clock_changes_keep_all_their_cases(drops, day, clock, utc):
    night = date.fromisoformat(day)
    drops.put_predictions(
        *(f"c{k},p,{day} {at},0.5,1,F" for k, at in enumerate(["00:00", clock])), day=night
    )
    batch = drops.predictions(a_system(predictions={"time_zone": "America/Chicago"}), night)
    assert f"{batch.rows['predicted_at'][1].as_py():%Y-%m-%d %H:%M}" == utc


def test_a_feed_in_another_time_zone_than_the_yaml_says_is_named_as_such(drops):
    drops.put_predictions(*(f"c{k},p,{DAY} {k:02d}:00,0.5,1,F" for k in range(24)))
    batch = drops.predictions(a_system(predictions={"time_zone": "Europe/Berlin"}))
    found = refusals(batch)
    assert len(found) == 7 and {rule for _, _, rule, _ in found} == {Rule.NOT_ON_ITS_DAY}
    assert "time zone?" in Rule.NOT_ON_ITS_DAY


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-04T07:00:00",
        "2025-03-04 07:00",
        "2025-03-04T12:00:00Z",
        "2025-03-04 13:00:00+01:00",
        "2025-03-04T12:00:00.0000000Z",
        "2025-03-04T12:00:00 +0000",
    ],
)
@pytest.mark.parametrize("neighbour", ["2025-03-04T12:00:00Z", "2025-03-04 07:00", "nonsense"])
def test_times_are_read_with_and_without_offset_whatever_stands_beside_them(drops, text, neighbour):
    drops.put_predictions(f"c1,p1,{text},0.1,1,F", f"c2,p1,{neighbour},0.1,1,F")
    batch = drops.predictions(a_system(predictions={"time_zone": "America/New_York"}))
    assert batch.rows["predicted_at"][0].as_py() == datetime(2025, 3, 4, 12, tzinfo=UTC)


def test_an_hour_that_occurs_twice_is_the_first_and_one_left_out_is_the_change(drops):
    system = a_system(predictions={"time_zone": "America/Chicago"})
    autumn, spring = date(2025, 11, 2), date(2025, 3, 9)
    drops.put_predictions("c1,p1,2025-11-02T01:30:00,0.1,1,F", day=autumn)
    drops.put_predictions("c1,p1,2025-03-09T02:30:00,0.1,1,F", day=spring)
    (first,) = drops.predictions(system, autumn).rows["predicted_at"].to_pylist()
    (change,) = drops.predictions(system, spring).rows["predicted_at"].to_pylist()
    assert first == datetime(2025, 11, 2, 6, 30, tzinfo=UTC)
    assert change == datetime(2025, 3, 9, 8, tzinfo=UTC)


def test_a_row_said_twice_counts_once(drops):
    drops.put_predictions(GOOD, GOOD, "c2,p2,2025-03-04T13:00:00Z,0.5,61,M", GOOD)
    batch = drops.predictions()
    assert batch.rows["case_id"].to_pylist() == cases("c2", "c1")
    assert refusals(batch) == [
        (f"{DAY}.csv", 2, Rule.DUPLICATE, "case_id"),
        (f"{DAY}.csv", 3, Rule.DUPLICATE, "case_id"),
    ]


def test_of_two_scores_for_a_case_the_last_in_the_file_counts(drops):
    drops.put_predictions(GOOD, "c1,p1,2025-03-04T12:00:00Z,0.75,60,F")
    batch = drops.predictions()
    assert batch.rows["score"].to_pylist() == [0.75]
    assert refusals(batch) == [(f"{DAY}.csv", 2, Rule.CONFLICTING_CASE, "case_id")]


def test_of_two_scores_for_a_case_the_last_received_counts_before_file_order(drops):
    columns = {"case_id": "c", "score": "s", "predicted_at": "t", "received_at": "r"}
    columns |= {"age": "a", "sex": "x"}
    at = "2025-03-04T12:00Z"
    drops.put(
        f"predictions/{DAY}.csv",
        f"c,s,t,r,a,x\nc1,0.1,{at},2025-03-04T14:00Z,1,F\nc1,0.2,{at},2025-03-04T13:00Z,1,F\n",
    )
    batch = drops.predictions(a_system(predictions={"columns": columns}))
    assert batch.rows["score"].to_pylist() == [0.1]
    assert refusals(batch) == [(f"{DAY}.csv", 3, Rule.CONFLICTING_CASE, "case_id")]


def test_a_prediction_received_hours_before_it_was_made_is_refused_minutes_are_not(drops):
    columns = {"case_id": "c", "score": "s", "predicted_at": "t", "received_at": "r"}
    columns |= {"age": "a", "sex": "x"}
    rows = [
        f"c{k},0.1,2025-03-04T12:00Z,2025-03-04T{time}Z,1,F\n"
        for k, time in enumerate(("11:00", "11:49:59", "11:50", "12:01"))
    ]
    drops.put(f"predictions/{DAY}.csv", "c,s,t,r,a,x\n" + "".join(rows))
    batch = drops.predictions(a_system(predictions={"columns": columns}))
    rule = Rule.RECEIVED_BEFORE_PREDICTED
    assert refusals(batch) == [
        (f"{DAY}.csv", 2, rule, "received_at"),
        (f"{DAY}.csv", 3, rule, "received_at"),
    ]


def test_a_feature_that_is_no_number_is_missing_and_its_prediction_counts(drops):
    drops.put_predictions("c1,p1,2025-03-04T12:00Z,0.2,sixty,F", "c2,p1,2025-03-04T12:00Z,0.2,,F")
    batch = drops.predictions()
    assert batch.rows["age"].to_pylist() == [None, None]
    assert refusals(batch) == [(f"{DAY}.csv", 2, Rule.FEATURE_NOT_A_NUMBER, "age")]
    assert batch.refused_rows == 0


def test_codes_for_no_value_and_the_hospitals_own_codes_are_understood(drops):
    system = a_system(
        predictions={
            "missing": {"score": ["-1"], "age": ["999"], "sex": ["U"]},
            "values": {"sex": {"1": "F", "2": "M"}, "age": {"> 89": "90"}},
        }
    )
    at = "2025-03-04T12:00Z"
    drops.put_predictions(
        f"c1,p,{at},-1.0,50,1", f"c2,p,{at},0.5,999,2", f"c3,p,{at},0.5,> 89,U", f"c4,p,{at},0,1,X"
    )
    batch = drops.predictions(system)
    assert refusals(batch) == [(f"{DAY}.csv", 2, Rule.NOT_SCORED, "score")]
    assert batch.rows["sex"].to_pylist() == ["M", None, "X"]
    assert batch.rows["age"].to_pylist() == [None, 90.0, 1.0]


def test_an_empty_score_is_a_fault_unless_the_feed_declares_it(drops):
    at = "2025-03-04T12:00Z"
    drops.put_predictions(f"c1,p,{at},,1,F", f"c2,p,{at},nan,1,F")
    undeclared = drops.predictions()
    declared = drops.predictions(a_system(predictions={"missing": {"score": [""]}}))
    rules = [[found[2] for found in refusals(batch)] for batch in (undeclared, declared)]
    assert rules == [[Rule.SCORE_MISSING] * 2, [Rule.NOT_SCORED, Rule.SCORE_MISSING]]


def test_an_ordinal_score_is_its_class_and_an_unknown_class_is_refused(drops):
    output = {"task": "ordinal", "predicts": "grade", "classes": ["benign", "low", "high"]}
    at = "2025-03-04T12:00Z"
    drops.put_predictions(f"c1,p,{at},high,1,F", f"c2,p,{at},benign,1,F", f"c3,p,{at},2,1,F")
    batch = drops.predictions(a_system(output=output))
    assert batch.rows["score"].to_pylist() == [2.0, 0.0]
    assert refusals(batch) == [(f"{DAY}.csv", 4, Rule.UNKNOWN_CLASS, "score")]


def test_several_files_of_a_day_are_one_batch_in_order_of_their_names(drops):
    system = a_system(predictions={"path": "risk/predictions/{day}-*.csv"})
    head, at = "case,patient,at,risk,age,sex\n", "2025-03-04T12:00Z"
    drops.put(f"predictions/{DAY}-b.csv", f"{head}c2,p,{at},0.2,1,F\nc3,p,{at},9,1,F\n")
    drops.put(f"predictions/{DAY}-a.csv", f"{head}c1,p,{at},0.1,1,F\nc2,p,{at},0.3,1,F\n")
    batch = drops.predictions(system)
    assert batch.rows["score"].to_pylist() == [0.1, 0.2]
    assert [(file.name.rsplit("/")[-1], file.rows) for file in batch.files] == [
        (f"{DAY}-a.csv", 2),
        (f"{DAY}-b.csv", 2),
    ]
    assert set(refusals(batch)) == {
        (f"{DAY}-a.csv", 3, Rule.CONFLICTING_CASE, "case_id"),
        (f"{DAY}-b.csv", 3, Rule.SCORE_OUT_OF_BOUNDS, "score"),
    }
    assert [(row["file"][-5:], row["row"]) for row in batch.provenance.to_pylist()] == [
        ("a.csv", 2),
        ("b.csv", 2),
    ]


def test_a_day_without_a_file_is_silence_not_an_error(drops):
    batch = drops.predictions()
    assert batch.files == ()
    assert batch.rows.num_rows == batch.quarantine.num_rows == batch.provenance.num_rows == 0
    assert batch.rows.schema == predictions_schema(a_system())


def test_a_file_with_a_header_only_is_a_day_without_cases(drops):
    drops.put_predictions()
    batch = drops.predictions()
    assert [file.rows for file in batch.files] == [0]
    assert batch.rows.num_rows == batch.quarantine.num_rows == 0


def test_columns_that_are_not_mapped_are_dropped_at_the_door(drops):
    at = "2025-03-04T12:00Z"
    content = f"name,case,patient,at,risk,age,sex\nJane Doe,c1,p,{at},0.5,1,F\n"
    drops.put(f"predictions/{DAY}.csv", content)
    batch = drops.predictions()
    assert "Jane" not in str(batch.rows.to_pylist()) + str(batch.quarantine.to_pylist())


def test_no_refused_value_is_ever_repeated(drops):
    at = "2025-03-04T12:00Z"
    drops.put_predictions(
        f"secret1,p,{at},secret2,1,F", "secret3,p,secret4,0.5,secret5,F", "secret6,7"
    )
    batch = drops.predictions()
    assert batch.refused_rows == 3
    assert "secret" not in str(batch.quarantine.to_pylist())


def test_a_missing_feed_folder_is_named_with_the_setting(tmp_path):
    with pytest.raises(FeedError, match=r"risk: predictions: .*risk/predictions.*AIOPS_FEEDS"):
        Drops.below(tmp_path).predictions(
            a_system(predictions={"path": "elsewhere/risk/predictions/{day}.csv"})
        )


def test_arrivals_are_the_days_with_files(drops):
    for day in (date(2025, 3, 6), date(2025, 3, 4)):
        drops.put_predictions(GOOD, day=day)
    drops.put("predictions/2025-99-99.csv", "")
    drops.put("predictions/notes.csv", "")
    assert prediction_arrivals(a_system(), drops.root) == [date(2025, 3, 4), date(2025, 3, 6)]
