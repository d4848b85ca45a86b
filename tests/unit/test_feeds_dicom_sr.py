"""DICOM structured reports: TID 1500 and CAD, as rows of reports or of findings, and damaged."""

import io
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest
from clinical_samples import SR_RISK, cad_report, dicom_bytes, measurement_report
from feed_hospital import DAY, Drops, a_system, cases, refusals
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from aiops_pipelines.feeds import Rule

SYSTEM = a_system(predictions=SR_RISK, features=[], subgroups=[])
FILE = f"{DAY}-a.dcm"
DATA = Path(os.environ.get("AIOPS_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture
def drops(tmp_path):
    return Drops.below(tmp_path)


def read(drops: Drops, content: bytes, system=SYSTEM):
    drops.put(f"predictions/{FILE}", content)
    return drops.predictions(system)


def with_columns(columns: dict[str, str], **more: str):
    feed = {**SR_RISK, **more, "columns": {**SR_RISK["columns"], **columns}}
    return a_system(predictions=feed, features=[], subgroups=[])


def test_a_measurement_report_gives_its_greatest_probability(drops):
    batch = read(drops, dicom_bytes(measurement_report("c1", 0.25, 0.75, 0.5)))
    (row,) = batch.rows.to_pylist()
    assert (row["case_id"], row["score"]) == (cases("c1")[0], 0.75)
    assert row["predicted_at"] == datetime(2025, 3, 4, 12, 0, 0, 500_000, tzinfo=UTC)
    assert batch.provenance["row"].to_pylist() == [1]
    assert batch.quarantine.num_rows == 0


def test_each_measurement_group_can_be_a_row(drops):
    system = with_columns(
        {"case_id": "content[112040,DCM]", "score": "content[111047,DCM]"}, each="125007,DCM"
    )
    batch = read(drops, dicom_bytes(measurement_report("c1", 0.25, 0.75)), system)
    assert batch.rows["score"].to_pylist() == [0.25, 0.75]
    assert len(set(batch.rows["case_id"].to_pylist())) == 2
    assert batch.provenance["row"].to_pylist() == [1, 2]


def test_findings_of_a_cad_report_can_be_rows_or_one_row(drops):
    report = dicom_bytes(cad_report("c1", 0.25, 0.5))
    whole = with_columns({"score": "max(content[111012,DCM])"})
    assert read(drops, report, whole).rows["score"].to_pylist() == [0.5]
    several = with_columns({"score": "content[111012,DCM]"})
    assert refusals(read(drops, report, several)) == [(FILE, 1, Rule.SEVERAL_VALUES, None)]
    each = with_columns({"score": "content[111012,DCM]"}, each="111059,DCM")
    batch = read(drops, report, each)
    assert refusals(batch) == [(FILE, 1, Rule.CONFLICTING_CASE, "case_id")]
    assert batch.rows["score"].to_pylist() == [0.5]


def test_the_reports_own_offset_counts_before_the_feeds_time_zone(drops):
    report = measurement_report("c1", 0.5)
    report.TimezoneOffsetFromUTC = "+0100"
    report.ContentTime = "130000"
    batch = read(drops, dicom_bytes(report))
    assert batch.rows["predicted_at"].to_pylist() == [datetime(2025, 3, 4, 12, tzinfo=UTC)]


def without(keyword: str) -> bytes:
    report = measurement_report("c1", 0.5)
    delattr(report, keyword)
    return dicom_bytes(report)


@pytest.mark.parametrize(
    ("keyword", "rule"),
    [
        ("AccessionNumber", Rule.CASE_MISSING),
        ("ContentDate", Rule.TIME_MISSING),
        ("ContentTime", Rule.TIME_UNREADABLE),
    ],
)
def test_a_report_with_missing_tags_is_refused_by_the_tag(drops, keyword, rule):
    assert [found[2] for found in refusals(read(drops, without(keyword)))] == [rule]


def end_of_meta(content: bytes) -> int:
    """Return where the data set begins: behind group 2, whose length stands at byte 140."""
    return 144 + int.from_bytes(content[140:144], "little")


def as_syntax(content: bytes, uid: str) -> bytes:
    """Return the file with another transfer syntax declared, its data set left as it is."""
    dataset = pydicom.dcmread(io.BytesIO(content))
    plain = content[end_of_meta(content) :]
    dataset.file_meta.TransferSyntaxUID = uid
    sink = io.BytesIO()
    sink.write(b"\0" * 128 + b"DICM")
    pydicom.filewriter.write_file_meta_info(sink, dataset.file_meta)
    return sink.getvalue() + plain


def test_a_wrong_transfer_syntax_is_noticed_by_the_library_or_quarantined(drops):
    content = dicom_bytes(measurement_report("c1", 0.5))
    assert read(drops, as_syntax(content, ImplicitVRLittleEndian)).rows.num_rows == 1
    batch = read(drops, as_syntax(content, ExplicitVRBigEndian))
    assert batch.rows.num_rows == 0
    assert [found[1:3] for found in refusals(batch)] in (
        [(None, Rule.NOT_DICOM)],
        [(None, Rule.NOT_SR)],
    )


def test_a_deflated_bomb_is_not_unpacked(drops):
    content = as_syntax(dicom_bytes(measurement_report("c1", 0.5)), DeflatedExplicitVRLittleEndian)
    bomb = content[: end_of_meta(content)] + zlib.compress(b"\0" * 50_000_000)
    assert refusals(read(drops, bomb)) == [(FILE, None, Rule.DEFLATED, None)]


def test_references_in_a_circle_are_not_followed(drops):
    report = pydicom.dcmread(io.BytesIO(dicom_bytes(measurement_report("c1", 0.5))))
    circle = pydicom.Dataset()
    circle.RelationshipType, circle.ReferencedContentItemIdentifier = "CONTAINS", [1]
    report.ContentSequence.append(circle)
    assert read(drops, dicom_bytes(report)).rows["score"].to_pylist() == [0.5]


@pytest.mark.parametrize("depth", [150, 2_000])
def test_content_nested_too_deep_is_quarantined(drops, depth):
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    start = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff"
    nested = (start + item) * depth + (
        b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    ) * depth
    report = measurement_report("c1", 0.5)
    del report.ContentSequence
    batch = read(drops, dicom_bytes(report) + nested)
    assert batch.rows.num_rows == 0
    assert [found[1] for found in refusals(batch)] == [None]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.9, 0.99])
def test_a_truncated_report_is_quarantined_and_the_others_are_read(drops, share):
    content = dicom_bytes(measurement_report("c1", 0.5))
    drops.put(f"predictions/{DAY}-b.dcm", dicom_bytes(measurement_report("c2", 0.5)))
    batch = read(drops, content[: int(len(content) * share)])
    assert batch.rows["case_id"].to_pylist() == cases("c2")
    assert [found[:2] for found in refusals(batch)] == [(FILE, None)]


@pytest.mark.real_data
def test_published_reports_are_read_and_images_are_not_reports(drops):
    feed = dict(SR_RISK)
    feed["columns"] = {
        "case_id": "SOPInstanceUID",
        "predicted_at": "ContentDate+ContentTime",
        "score": "content[1,99]",
    }
    system = a_system(predictions=feed, features=[], subgroups=[])
    for file in (DATA / "fhir_dicom" / "dicom").glob("*.dcm"):
        drops.put(f"predictions/{DAY}-{file.name}", file.read_bytes())
    found = {
        name.split("-", 3)[3]: (row, rule)
        for name, row, rule, _ in refusals(drops.predictions(system))
    }
    assert found == {
        "CT_small.dcm": (None, Rule.NOT_SR),
        "MR_small.dcm": (None, Rule.NOT_SR),
        "waveform_ecg.dcm": (None, Rule.NOT_SR),
        "test-SR.dcm": (1, Rule.SCORE_MISSING),
        "reportsi.dcm": (1, Rule.SCORE_MISSING),
        "reportsi_with_empty_number_tags.dcm": (1, Rule.SCORE_MISSING),
    }
