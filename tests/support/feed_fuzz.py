"""Damaged deliveries of every kind, and what must hold of reading them.

Used by the short tests of every run and by the long one (`make fuzz`).
"""

import gzip
import io
import json
import math
import random
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from clinical_samples import (
    AT,
    FHIR_RISK,
    HL7_RISK,
    SR_RISK,
    bundle,
    cad_report,
    dicom_bytes,
    measurement_report,
    ndjson,
    oru,
    risk_assessment,
)
from feed_hospital import DAY, Drops, a_system
from hypothesis import strategies as st

from aiops_pipelines.feeds import CELL_RULES, FeedBatch
from aiops_pipelines.portfolio.select_statement import check_select

HEAD = "case,patient,at,risk,age,sex"
_ROWS = [f"c{k},p{k},{AT},0.{k},{k},F" for k in range(8)]
_CSV = "\n".join([HEAD, *_ROWS]).encode()
_QUOTED = b"\n".join(b'"' + line.replace(b",", b'","') + b'"' for line in _CSV.split(b"\n"))
_PATH = "risk/predictions/{day}-*"


def _parquet(columns: Sequence[pa.Array]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(dict(zip(HEAD.split(","), columns, strict=True))), sink)
    return sink.getvalue()


_TEXTS = [pa.array(cells) for cells in zip(*(row.split(",") for row in _ROWS), strict=True)]
_NOON = datetime(DAY.year, DAY.month, DAY.day, 12)
_TYPED = [
    *_TEXTS,
    *(pa.array([*range(7), None], kind()) for kind in (pa.int8, pa.uint64, pa.float16, pa.float64)),
    pa.array([2**64 - 1, 0, None, 1, 2, 3, 4, 5], pa.uint64()),
    pa.array([math.nan, math.inf, -math.inf, 1e308, 0.5, -0.0, 1.0, None]),
    pa.array([True, False, None, True] * 2),
    pa.array([Decimal("0.5"), None] * 4, pa.decimal256(60, 20)),
    pa.array([_NOON.date(), date.min, date.max, None] * 2),
    pa.array([_NOON, datetime.min, datetime.max, None] * 2, pa.timestamp("us")),
    pa.array([0, -(2**63) + 1, 2**63 - 1, None] * 2, pa.timestamp("ns", "+14:00")),
    pa.array([0, -(2**63) + 1, 2**63 - 1, None] * 2, pa.timestamp("ms", "America/Chicago")),
    pa.array([1, None] * 4, pa.time64("us")),
    pa.array([1, None] * 4, pa.duration("us")),
    pa.array([b"C1", b"\xff\xfe", b"", None] * 2),
    pa.array([b"0.50", b"\0\0\0\0"] * 4, pa.binary(4)),
    pa.array(["F", None] * 4).dictionary_encode(),
    pa.array(["F", "M"] * 4, pa.large_string()),
    pa.array([[1], []] * 4),
    pa.array([{"a": 1}, None] * 4),
    pa.nulls(8),
]
"""Columns of all types that a Parquet file can hold, any of which may stand for any other."""


_FHIR = [risk_assessment(f"c{k}", k / 10) for k in range(3)]
_HL7 = [oru(f"c{k}", f"0.{k}") for k in range(3)]
_FRAMED = "".join(f"\x0b{message}\x1c\r" for message in _HL7)

SYSTEMS = {
    "csv": a_system(predictions={"path": _PATH}),
    "parquet": a_system(predictions={"kind": "parquet", "path": _PATH}),
    "fhir": a_system(predictions=FHIR_RISK, features=[], subgroups=[]),
    "hl7v2": a_system(predictions=HL7_RISK, features=[], subgroups=[]),
    "dicom-sr": a_system(predictions=SR_RISK, features=[], subgroups=[]),
}
SEEDS = {
    "csv": [_CSV, gzip.compress(_CSV, mtime=0), _QUOTED],
    "parquet": [_parquet(_TEXTS)],
    "fhir": [ndjson(*_FHIR).encode(), bundle(*_FHIR).encode()],
    "hl7v2": ["".join(_HL7).encode(), _FRAMED.encode()],
    "dicom-sr": [dicom_bytes(measurement_report("c1", 0.5, 0.7)), dicom_bytes(cad_report("c", 9))],
}
_TOKENS = [
    *(b'"', b"\r", b"\n", b"\0", b",", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]"),
    *(
        b"MSH|^~\\&|",
        b"\rOBR|",
        b"\rOBX|",
        b"\x0b",
        b"\x1c",
        b"null",
        b"1e400",
        b"NaN",
        b"<!DOCTYPE",
    ),
    *(
        b"\xfe\xff\x00\xe0",
        b"\xfe\xff\xdd\xe0\0\0\0\0",
        b"\xff\xff\xff\xff",
        b"\x40\x00\x30\xa7SQ\0\0",
    ),
    *(b"-1", b"9" * 40, b"9999-12-31", b"0001-01-01T00:00:00Z", b"=1+1"),
]

_edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["insert", "replace", "delete", "double", "cut"]),
        st.one_of(st.sampled_from(_TOKENS), st.binary(min_size=1, max_size=8)),
    ),
    min_size=1,
    max_size=6,
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def deliveries(kind: str) -> st.SearchStrategy[bytes]:
    """Return damaged files of a kind."""
    damaged = st.builds(_edited, st.sampled_from(SEEDS[kind]), _edits)
    if kind == "fhir":
        trees = st.builds(_grafted, st.randoms(use_true_random=False), _values)
        return st.one_of(damaged, trees)
    if kind == "parquet":
        typed = st.lists(st.sampled_from(_TYPED), min_size=6, max_size=6).map(_parquet)
        mostly = st.tuples(st.integers(0, 5), st.sampled_from(_TYPED)).map(_one_other)
        return st.one_of(damaged, typed, mostly)
    return damaged


def _one_other(change: tuple[int, pa.Array]) -> bytes:
    place, column = change
    return _parquet([*_TEXTS[:place], column, *_TEXTS[place + 1 :]])


def _edited(content: bytes, edits: list[tuple[float, str, bytes]]) -> bytes:
    found = bytearray(content)
    for place, how, token in edits:
        at = int(place * len(found))
        if how == "insert":
            found[at:at] = token
        elif how == "replace":
            found[at : at + len(token)] = token
        elif how == "delete":
            del found[at : at + 4 * len(token)]
        elif how == "double":
            found[at:at] = found[at : at + 64]
        else:
            del found[at:]
    return bytes(found)


def _grafted(chance: random.Random, value: Any) -> bytes:
    """Return an NDJSON file in which one value of a valid resource is another."""
    tree: Any = json.loads(json.dumps(_FHIR[0]))
    node = tree
    while True:
        key = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if not isinstance(node[key], dict | list) or not node[key] or chance.random() < 0.4:
            node[key] = value
            return (json.dumps(tree) + "\n").encode("utf-8", "surrogatepass")
        node = node[key]


def check(kind: str, content: bytes) -> FeedBatch:
    """Read a delivery; whatever it is, all of its rows are kept or refused, each once."""
    with tempfile.TemporaryDirectory() as folder:
        drops = Drops.below(Path(folder))
        suffix = ".gz" if content[:2] == b"\x1f\x8b" else ""
        drops.put(f"predictions/{DAY}-a{suffix}", content)
        batch = drops.predictions(SYSTEMS[kind])
    refused = [
        row["row"]
        for row in batch.quarantine.to_pylist()
        if row["row"] is not None and row["rule"] not in set(CELL_RULES)
    ]
    numbers = sorted(batch.provenance["row"].to_pylist() + refused)
    assert len(set(numbers)) == len(numbers)
    assert len(numbers) == sum(file.rows for file in batch.files)
    return batch


_SQL_WORDS = (
    "SELECT * a b FROM x WHERE ( ) , ; -- /* */ ' \" DELETE INSERT INTO UPDATE DROP WITH AS UNION "
    "ALL RETURNING FOR 1 = $$ :a ::int \\ \n [ ] TOP LIMIT"
)
_sql_words = st.sampled_from(_SQL_WORDS.split(" "))
statements = st.one_of(
    st.lists(_sql_words, max_size=14).map(" ".join), st.text(max_size=40).map("SELECT {}".format)
)


def check_statement(sql: str) -> None:
    """Let a statement pass or be refused with ValueError, nothing else."""
    try:
        check_select(sql)
    except ValueError:
        return


CHECKS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], object]]] = {
    **{
        kind: (deliveries(kind), lambda content, kind=kind: check(kind, content))  # type: ignore[misc]
        for kind in SYSTEMS
    },
    "sql": (statements, check_statement),
}
