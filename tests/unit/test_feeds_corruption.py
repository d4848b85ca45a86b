"""Every kind of file against every corruption: a named rule or a sound reading, nothing lost.

Each damaged file lies beside a sound one of the same kind, which must be read whatever happens.
"""

import decimal
import gzip
import io
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clinical_samples import (
    AT,
    dicom_bytes,
    measurement_report,
    ndjson,
    oru,
    risk_assessment,
)
from feed_fuzz import HEAD, SYSTEMS, check
from feed_hospital import DAY, Drops, cases, refusals

from aiops_pipelines.feeds import Rule

HUGE, FORMULA = "x" * 10_000_000, "=cmd|' /C calc'!A0"
XXE = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
    b"<r><id>&x;</id></r>\n"
)
KINDS = ("csv", "parquet", "fhir", "hl7v2", "dicom-sr")


def _csv(case: str, word: str = "F") -> bytes:
    return f"{HEAD}\n{case},p1,{AT},0.25,60,{word}\n".encode()


def _parquet(case: str, word: str | bytes = "F") -> bytes:
    cells = dict(zip(HEAD.split(","), ([case], ["p1"], [AT], [0.25], [60], [word]), strict=True))
    sink = io.BytesIO()
    pq.write_table(pa.table(cells), sink)
    return sink.getvalue()


def _fhir(case: str, word: str = "v3") -> bytes:
    return ndjson(risk_assessment(case, 0.25, method={"coding": [{"code": word}]})).encode()


def _hl7(case: str, word: str = "5.0") -> bytes:
    return oru(case, "0.25").replace("||5.0||", f"||{word}||").encode()


def _dicom(case: str, word: str = "p1") -> bytes:
    report = measurement_report(case, 0.25)
    report.PatientID = word
    return dicom_bytes(report)


MAKE: Mapping[str, Callable[..., bytes]] = {
    "csv": _csv, "parquet": _parquet, "fhir": _fhir, "hl7v2": _hl7, "dicom-sr": _dicom,
}  # fmt: skip


@cache
def sound(kind: str, case: str) -> bytes:
    return MAKE[kind](case)


@cache
def bomb() -> bytes:
    return gzip.compress(b"\0" * (65 << 20), compresslevel=1, mtime=0)


def truncated(kind: str) -> bytes:
    whole = sound(kind, "c9")
    return whole[: len(whole) * 6 // 10]


def mixed_ends(kind: str) -> bytes:
    first, second = sound(kind, "c9"), sound(kind, "c7")
    if kind == "csv":
        return first.replace(b"\n", b"\r\n", 1) + second.split(b"\n", 1)[1]
    end = b"\r" if kind == "hl7v2" else b"\n"
    return first.replace(end, b"\r\n") + second


def other_encoding(kind: str) -> bytes:
    if kind == "parquet":
        return _parquet("c9", "Grün".encode("latin-1"))
    if kind == "dicom-sr":
        return sound(kind, "c9").replace(b"nodule-ai", b"nodul\xe9-ai")
    return sound(kind, "c9").decode().encode("utf-16")


DAMAGES: Mapping[str, tuple[Callable[[str], bytes], Mapping[str, Rule | None]]] = {
    "truncated": (truncated, {
        "csv": Rule.RAGGED, "parquet": Rule.NOT_PARQUET, "fhir": Rule.NOT_FHIR,
        "hl7v2": Rule.SCORE_MISSING, "dicom-sr": Rule.NOT_DICOM,
    }),
    "other encoding": (other_encoding, {
        **dict.fromkeys(KINDS, Rule.NOT_UTF8), "dicom-sr": None,
    }),
    "byte order mark": (lambda kind: b"\xef\xbb\xbf" + sound(kind, "c9"), {
        **dict.fromkeys(KINDS), "parquet": Rule.NOT_PARQUET, "dicom-sr": Rule.NOT_DICOM,
    }),
    "XML with an entity": (lambda kind: XXE, {
        "csv": Rule.COLUMN_NOT_IN_HEADER, "parquet": Rule.NOT_PARQUET, "fhir": Rule.XML,
        "hl7v2": Rule.NOT_HL7, "dicom-sr": Rule.NOT_DICOM,
    }),
    "huge cell": (lambda kind: MAKE[kind]("c9", HUGE), dict.fromkeys(KINDS, Rule.CELL_TOO_LONG)),
    "bomb": (lambda kind: bomb(), dict.fromkeys(KINDS, Rule.BOMB)),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_file_is_refused_by_name_or_read_and_its_neighbour_is_read(
    tmp_path: Path, how: str, kind: str
) -> None:
    damage, expected = DAMAGES[how]
    drops, suffix = Drops.below(tmp_path), ".gz" if how == "bomb" else ""
    drops.put(f"predictions/{DAY}-a{suffix}", damage(kind))
    drops.put(f"predictions/{DAY}-b", sound(kind, "c1"))
    batch = drops.predictions(SYSTEMS[kind])
    rule = expected[kind]
    kept = cases("c1") if rule else cases("c9", "c1")
    assert batch.rows["case_id"].to_pylist() == kept
    assert [found[2] for found in refusals(batch)] == ([rule] if rule else [])
    assert b"root:" not in repr(batch.quarantine.to_pylist()).encode()


@pytest.mark.parametrize("kind", ["csv", "fhir", "hl7v2"])
def test_mixed_line_ends_make_no_difference(tmp_path: Path, kind: str) -> None:
    drops = Drops.below(tmp_path)
    drops.put(f"predictions/{DAY}-a", mixed_ends(kind))
    batch = drops.predictions(SYSTEMS[kind])
    assert batch.rows["case_id"].to_pylist() == cases("c9", "c7")
    assert batch.quarantine.num_rows == 0


@pytest.mark.parametrize("kind", ["csv", "parquet", "fhir", "hl7v2"])
def test_text_like_a_formula_is_kept_from_whoever_opens_the_table(
    tmp_path: Path, kind: str
) -> None:
    drops = Drops.below(tmp_path)
    drops.put(f"predictions/{DAY}-a", MAKE[kind]("c9", FORMULA))
    batch = drops.predictions(SYSTEMS[kind])
    column = "sex" if kind in {"csv", "parquet"} else "version"
    assert batch.rows[column].to_pylist() == [None]
    assert refusals(batch)[0][2:] == (Rule.FORMULA, column)


def test_a_formula_for_an_identifier_leaves_only_its_pseudonym(tmp_path: Path) -> None:
    drops = Drops.below(tmp_path)
    drops.put(f"predictions/{DAY}-a", MAKE["dicom-sr"]("c9", FORMULA))
    [patient] = drops.predictions(SYSTEMS["dicom-sr"]).rows["patient_id"].to_pylist()
    assert len(patient) == 32 and int(patient, 16)


@pytest.mark.parametrize("name", HEAD.split(","))
@pytest.mark.parametrize(
    "values",
    [
        pa.array([b"c1"]), pa.array([b"\xff"]), pa.array([b"12"], pa.binary(2)), pa.nulls(1),
        pa.array([b"c1"]).dictionary_encode(), pa.array([True]), pa.array([2**64 - 1], "uint64"),
        pa.array([decimal.Decimal("1e30")]), pa.array([1.5], "float16"),
        pa.array([20_000], "date32"), pa.array([1], pa.time64("us")),
        pa.array([1], pa.duration("s")), pa.array([[1]]),
        pa.array([2**53], pa.timestamp("ms")), pa.array([-(2**53)], pa.timestamp("ms", "UTC")),
    ],
    ids=lambda values: str(values.type),
)  # fmt: skip
def test_a_parquet_column_of_any_type_is_read_or_refused(name: str, values: pa.Array) -> None:
    table = pq.read_table(io.BytesIO(sound("parquet", "c9")))
    sink = io.BytesIO()
    pq.write_table(table.set_column(table.column_names.index(name), name, values), sink)
    batch = check("parquet", sink.getvalue())
    assert batch.rows.num_rows or batch.quarantine.num_rows
