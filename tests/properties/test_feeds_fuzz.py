"""Whatever bytes arrive: no error but FeedError, and every row is kept or refused, once."""

import io
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from feed_hospital import DAY, Drops, a_system
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_pipelines.feeds import CELL_RULES, FeedBatch, Rule

HEAD = "case,patient,at,risk,age,sex"
LABEL_HEAD = "case,died,received,source,reader,revision"
PARQUET = a_system(predictions={"kind": "parquet"})

words = st.text(st.characters(exclude_characters='",\r\n', exclude_categories=["Cs"]), max_size=6)
special = (
    "c1 c2 0.5 1 -1 2 nan inf 1e400 2025-03-04T12:00:00Z 2025-03-04 2025-03-04T23:00 "
    "0001-01-01T00:00:00Z 9999-12-31 2025-03-04T12:00:00+99:99 NULL \ufeff"
)
cells = st.one_of(words, st.sampled_from(special.split(" ")))
good = st.builds(
    "{},p{},2025-03-04T12:00:00Z,{},{},F".format,
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([0, 0.5, 1]),
    st.integers(0, 99),
)
lines = st.one_of(
    good,
    st.lists(cells, min_size=6, max_size=6).map(",".join),
    st.lists(cells, min_size=1, max_size=8).map(",".join),
)
junk = st.one_of(st.sampled_from([b'"', b'"\n', b"\r", b","]), st.binary(min_size=1, max_size=3))
dirt = st.lists(st.tuples(st.integers(0, 10_000), junk), max_size=4)


def read(content: bytes, kind: str) -> FeedBatch:
    with tempfile.TemporaryDirectory() as folder:
        drops = Drops.below(Path(folder))
        drops.put(f"{kind}/{DAY}.csv", content)
        return drops.predictions() if kind == "predictions" else drops.labels()


def rows_accounted_for(batch: FeedBatch) -> list[int]:
    refused = [
        row["row"]
        for row in batch.quarantine.to_pylist()
        if row["row"] is not None and row["rule"] not in set(CELL_RULES)
    ]
    return sorted(batch.provenance["row"].to_pylist() + refused)


@given(rows=st.lists(lines, max_size=12), end=st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=100, deadline=None)
def test_every_line_of_a_file_is_kept_or_refused_under_its_own_number(rows, end):
    for kind, head in (("predictions", HEAD), ("labels", LABEL_HEAD)):
        while rows and not rows[-1]:
            rows = rows[:-1]
        batch = read(end.join([head, *rows]).encode(), kind)
        assert rows_accounted_for(batch) == list(range(2, len(rows) + 2))
        assert [file.rows for file in batch.files] == [len(rows)]
        assert batch.refused_rows == len(rows) - batch.rows.num_rows


@given(rows=st.lists(lines, max_size=8), dirt=dirt, cut=st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_damaged_bytes_never_raise_and_no_row_goes_missing(rows, dirt, cut):
    content = bytearray("\n".join([HEAD, *rows]).encode())
    for place, more in dirt:
        content[place % len(content) : place % len(content)] = more
    batch = read(bytes(content[: max(len(content) - cut, 0)]), "predictions")
    numbers = rows_accounted_for(batch)
    assert numbers == list(range(2, len(numbers) + 2))
    assert [file.rows for file in batch.files] == [len(numbers)]
    assert batch.rows.num_rows == batch.provenance.num_rows


@given(content=st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_at_all_end_in_quarantine(content):
    for kind in ("predictions", "labels"):
        batch = read(content, kind)
        assert batch.rows.num_rows == 0
        assert [row["row"] for row in batch.quarantine.to_pylist()] == [None]


@given(dirt=dirt.filter(bool), cut=st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_a_damaged_parquet_is_read_or_quarantined(dirt, cut):
    at = ["2025-03-04T12:00:00Z"] * 50
    ids = [f"c{k}" for k in range(50)]
    columns = dict(zip(HEAD.split(","), (ids, ids, at, [0.5] * 50, [1] * 50, ids), strict=True))
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    content = bytearray(sink.getvalue())
    for place, other in dirt:
        start = place % len(content)
        content[start : start + len(other)] = other
    with tempfile.TemporaryDirectory() as folder:
        drops = Drops.below(Path(folder))
        drops.put(f"predictions/{DAY}.csv", bytes(content[: max(len(content) - cut, 0)]))
        batch = drops.predictions(PARQUET)
    whole = Rule.NOT_PARQUET in batch.quarantine["rule"].to_pylist()
    assert whole or len(rows_accounted_for(batch)) == sum(file.rows for file in batch.files)
