"""Files that are wrong as a whole, or odd: the file goes to quarantine, the others are read."""

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feed_hospital import DAY, Drops, a_system, cases, refusals

from aiops_pipelines.feeds import Rule, prediction_arrivals

HEAD = "case,patient,at,risk,age,sex\n"
AT = "2025-03-04T12:00:00Z"
ROWS = f"c1,p1,{AT},0.25,60,F\nc2,p2,{AT},0.5,61,M\n"
SEVERAL = a_system(predictions={"path": "risk/predictions/{day}-*"})


def parquet_bytes() -> bytes:
    rows = [[f"c{k}", f"p{k}", AT, k / 1000, k, "F"] for k in range(1000)]
    columns = dict(zip(HEAD.strip().split(","), zip(*rows, strict=True), strict=True))
    sink = io.BytesIO()
    pq.write_table(pa.table({name: list(values) for name, values in columns.items()}), sink)
    return sink.getvalue()


@pytest.fixture
def drops(tmp_path):
    return Drops.below(tmp_path)


@pytest.mark.parametrize(
    ("content", "rule", "column"),
    [
        (b"", Rule.EMPTY_FILE, None),
        (b"\xef\xbb\xbf\r\n\r\n", Rule.EMPTY_FILE, None),
        ((HEAD + ROWS).replace(",", ";").encode(), Rule.COLUMN_NOT_IN_HEADER, "case, patient"),
        (ROWS.encode(), Rule.COLUMN_NOT_IN_HEADER, "case, patient"),
        (b"case," + (HEAD + ROWS).encode(), Rule.COLUMN_TWICE, "case"),
        ((HEAD + ROWS + f"c3,Grün,{AT},0,1,F").encode("latin-1"), Rule.NOT_UTF8, None),
        ((HEAD + ROWS).encode("utf-16"), Rule.NOT_UTF8, None),
        (b'"case,patient\n' + ROWS.encode(), Rule.NOT_CSV, None),
        (parquet_bytes(), Rule.NOT_UTF8, None),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_quarantined_and_the_others_are_read(
    drops, content, rule, column
):
    drops.put(f"predictions/{DAY}-a.csv", content)
    drops.put(f"predictions/{DAY}-b.csv", HEAD + ROWS)
    batch = drops.predictions(SEVERAL)
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2")
    ((file, row, found, columns),) = refusals(batch)
    assert (file, row, found) == (f"{DAY}-a.csv", None, rule)
    assert columns is None if column is None else columns.startswith(column)
    assert [file.rows for file in batch.files] == [0, 2]
    assert batch.refused_rows == 0


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_parquet_is_quarantined(drops, share):
    system = a_system(predictions={"kind": "parquet", "path": "risk/predictions/{day}-*"})
    whole = parquet_bytes()
    drops.put(f"predictions/{DAY}-a.parquet", whole[: int(len(whole) * share)])
    drops.put(f"predictions/{DAY}-b.parquet", whole)
    batch = drops.predictions(system)
    assert batch.rows.num_rows == 1000
    rule = Rule.NOT_PARQUET if share else Rule.EMPTY_FILE
    assert refusals(batch) == [(f"{DAY}-a.parquet", None, rule, None)]


def test_a_parquet_with_a_column_name_that_is_no_text_is_quarantined(drops):
    system = a_system(predictions={"kind": "parquet", "path": "risk/predictions/{day}-*"})
    content = parquet_bytes().replace(b"\x18\x04risk", b"\x18\x04ri\xffk")
    drops.put(f"predictions/{DAY}-a.parquet", content)
    drops.put(f"predictions/{DAY}-b.parquet", parquet_bytes())
    batch = drops.predictions(system)
    assert batch.rows.num_rows == 1000
    assert refusals(batch) == [(f"{DAY}-a.parquet", None, Rule.NOT_PARQUET, None)]


def test_a_truncated_gzip_is_quarantined_and_a_whole_one_read(drops):
    packed = gzip.compress((HEAD + ROWS).encode())
    drops.put(f"predictions/{DAY}-a.csv.gz", packed)
    drops.put(f"predictions/{DAY}-b.csv.gz", packed[:-9])
    drops.put(f"predictions/{DAY}-c.csv.gz", b"no gzip at all")
    batch = drops.predictions(SEVERAL)
    assert batch.rows.num_rows == 2
    assert [found[2] for found in refusals(batch)] == [Rule.NOT_GZIP, Rule.NOT_GZIP]


def test_the_same_file_twice_counts_once(drops):
    drops.put(f"predictions/{DAY}-a.csv", HEAD + ROWS)
    drops.put(f"predictions/{DAY}-a (1).csv", HEAD + ROWS)
    batch = drops.predictions(SEVERAL)
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2")
    assert refusals(batch) == [(f"{DAY}-a.csv", None, Rule.SAME_FILE_TWICE, None)]
    assert [file.rows for file in batch.files] == [2, 0]
    assert batch.files[0].sha256 == batch.files[1].sha256


def test_the_same_rows_in_another_file_are_duplicates(drops):
    drops.put(f"predictions/{DAY}-a.csv", HEAD + ROWS)
    drops.put(f"predictions/{DAY}-b.csv", HEAD + ROWS + f"c3,p3,{AT},0.5,61,M\n")
    batch = drops.predictions(SEVERAL)
    assert batch.rows.num_rows == 3
    assert refusals(batch) == [
        (f"{DAY}-a.csv", 2, Rule.DUPLICATE, "case_id"),
        (f"{DAY}-a.csv", 3, Rule.DUPLICATE, "case_id"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + (HEAD + ROWS).encode(),
        (HEAD + ROWS).replace("\n", "\r\n").encode(),
        (HEAD + ROWS).replace("\n", "\r").encode(),
        (HEAD + ROWS.replace("\n", "\r\n", 1)).encode(),
        (HEAD + ROWS).strip().encode(),
        (HEAD + ROWS + "\n\n\r\n").encode(),
        (HEAD + ROWS).replace(",", " , ").encode(),
        (HEAD + ROWS).replace("c1", '"c1"').encode(),
    ],
)
def test_marks_line_ends_blanks_and_quotes_make_no_difference(drops, content):
    drops.put(f"predictions/{DAY}.csv", content)
    batch = drops.predictions()
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2")
    assert batch.rows["score"].to_pylist() == [0.25, 0.5]
    assert batch.provenance["row"].to_pylist() == [2, 3]
    assert batch.quarantine.num_rows == 0


def test_ragged_rows_are_refused_by_number_and_the_numbers_of_others_hold(drops):
    drops.put_predictions(
        f"c1,p1,{AT},0.1,1,F", "c2,p2", f"c3,p3,{AT},0.3,1,F,more", f"c4,p,{AT},4,1,F"
    )
    batch = drops.predictions()
    assert batch.provenance["row"].to_pylist() == [2]
    assert refusals(batch) == [
        (f"{DAY}.csv", 3, Rule.RAGGED, None),
        (f"{DAY}.csv", 4, Rule.RAGGED, None),
        (f"{DAY}.csv", 5, Rule.SCORE_OUT_OF_BOUNDS, "score"),
    ]


def test_a_line_break_in_quotes_is_part_of_its_row(drops):
    content = f'note,{HEAD}"first, and\nsecond",c1,p1,{AT},0.25,60,F\nx,c2,p2,{AT},7,61,M\n'
    drops.put(f"predictions/{DAY}.csv", content)
    batch = drops.predictions()
    assert batch.rows["case_id"].to_pylist() == cases("c1")
    assert refusals(batch) == [(f"{DAY}.csv", 3, Rule.SCORE_OUT_OF_BOUNDS, "score")]


@pytest.mark.parametrize("place", ["mapped", "not mapped"])
def test_rows_behind_a_quote_that_is_never_closed_are_not_lost_silently(drops, place):
    head = HEAD if place == "mapped" else HEAD.replace("sex", "sex,note")
    more = "" if place == "mapped" else ",x"
    first = f"c1,p1,{AT},0.1,60,F{more}\n"
    stray = f'c2,p2,{AT},0.2,60,"F\n' if place == "mapped" else f'c2,p2,{AT},0.2,60,F,"x\n'
    rest = "".join(f"c{k},p{k},{AT},0.3,60,F{more}\n" for k in range(3, 9))
    drops.put(f"predictions/{DAY}.csv", head + first + stray + rest)
    batch = drops.predictions()
    assert batch.rows["case_id"].to_pylist() == cases("c1")
    assert refusals(batch) == [(f"{DAY}.csv", 3, Rule.HIDDEN_ROWS, None)]


def test_typed_parquet_columns_are_read_as_they_are(drops):
    system = a_system(
        predictions={"kind": "parquet", "path": "risk/{day}.parquet", "missing": {"score": ["-1"]}}
    )
    at = pa.array([1741089600_000_000_000] * 3, pa.timestamp("ns", "UTC"))
    table = pa.table(
        {
            "case": pa.array([1, 2, None], pa.int64()),
            "patient": pa.array(["p", "q", "p"]).dictionary_encode(),
            "at": at,
            "risk": pa.array([0.5, -1.0, 0.25], pa.float32()),
            "age": pa.array([50, None, 40], pa.int8()),
            "sex": pa.array([True, False, None]),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    drops.put(f"{DAY}.parquet", sink.getvalue())
    batch = drops.predictions(system)
    (row,) = batch.rows.to_pylist()
    assert row["case_id"] == cases("1")[0]
    assert (row["score"], row["age"], row["sex"]) == (0.5, 50.0, "true")
    assert row["predicted_at"].isoformat() == "2025-03-04T12:00:00+00:00"
    assert refusals(batch) == [
        (f"{DAY}.parquet", 3, Rule.CASE_MISSING, "case_id"),
        (f"{DAY}.parquet", 2, Rule.NOT_SCORED, "score"),
    ]


def test_a_parquet_column_of_lists_is_refused(drops):
    system = a_system(predictions={"kind": "parquet", "path": "risk/{day}.parquet"})
    table = pq.read_table(io.BytesIO(parquet_bytes()))
    table = table.set_column(3, "risk", pa.array([[0.5]] * 1000))
    sink = io.BytesIO()
    pq.write_table(table, sink)
    drops.put(f"{DAY}.parquet", sink.getvalue())
    assert refusals(drops.predictions(system)) == [
        (f"{DAY}.parquet", None, Rule.NOT_A_VALUE, "risk")
    ]


def test_a_hidden_file_is_not_finished_and_not_read(drops):
    system = a_system(predictions={"path": "risk/predictions/*{day}*"})
    drops.put(f"predictions/.{DAY}.csv.4711.tmp", HEAD)
    assert drops.predictions(system).files == ()
    assert prediction_arrivals(system, drops.root) == []
