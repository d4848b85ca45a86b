"""DICOM structured reports: measurement reports (TID 1500), CAD findings, any other template.

A row is the whole report, or each container of the concept that the feed's `each` names, in
order of the document. References between content items are not followed, so that a report whose
references form a circle is read like any other.
"""

import re
import struct
import warnings
from collections.abc import Iterator
from typing import BinaryIO

import pydicom
from pydicom.config import disable_value_validation
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import DeflatedExplicitVRLittleEndian

from aiops_pipelines.feeds.content import whole
from aiops_pipelines.feeds.decoded import Decoded, UnreadableFileError
from aiops_pipelines.feeds.rows import Row, as_blocks
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.portfolio import DicomSrFeed, Feed
from aiops_pipelines.portfolio.feed_paths import SrPath, check_sr_path

FILE_BYTES = 64 << 20
DEPTH = 100
"""How deep content may nest; TID 1500 needs six levels."""

_BROKEN = (
    InvalidDicomError,
    BytesLengthException,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    EOFError,
    OSError,
    struct.error,
)
_DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")
_TIME = re.compile(r"(\d\d):?(\d\d)?:?(\d\d)?(\.\d{1,6})?")
_DATE_TIME = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)?(\d\d)?(\.\d{1,6})?)?([+-]\d\d)?(\d\d)?"
)
_TEXTS = {
    "TEXT": "TextValue",
    "DATETIME": "DateTime",
    "DATE": "Date",
    "TIME": "Time",
    "PNAME": "PersonName",
    "UIDREF": "UID",
}


def decode_dicom_sr(stream: BinaryIO, feed: Feed, wanted: list[str]) -> Iterator[Decoded]:
    """Yield a report as rows of the places `wanted`; raise UnreadableFileError."""
    assert isinstance(feed, DicomSrFeed)
    places = {path: check_sr_path(path) for path in wanted}
    with warnings.catch_warnings(), disable_value_validation():
        warnings.simplefilter("ignore")
        report = _read(stream)
        try:
            rows = list(_rows(report, feed, places))
        except _BROKEN:
            raise UnreadableFileError(Rule.NOT_DICOM) from None
    return as_blocks(enumerate(rows, start=1), wanted)


def _read(stream: BinaryIO) -> Dataset:
    if DeflatedExplicitVRLittleEndian.encode("ascii") in whole(stream, FILE_BYTES):
        raise UnreadableFileError(Rule.DEFLATED)
    stream.seek(0)
    try:
        report = pydicom.dcmread(stream, stop_before_pixels=True)
        _check_whole(report)
        content = report.get("ContentSequence")
        modality = str(report.get("Modality", ""))
    except _BROKEN:
        raise UnreadableFileError(Rule.NOT_DICOM) from None
    if modality != "SR" or not content:
        raise UnreadableFileError(Rule.NOT_SR)
    return report


def _check_whole(report: Dataset) -> None:
    """Raise UnreadableFileError if an element is shorter than it says: the file was cut off.

    The library takes what is there for the value.
    """
    for tag in tuple(report.keys()):
        raw = report.get_item(tag)
        if isinstance(raw, RawDataElement) and len(raw.value or b"") < raw.length < 0xFFFFFFFF:
            raise UnreadableFileError(Rule.NOT_DICOM)


def _rows(report: Dataset, feed: DicomSrFeed, places: dict[str, SrPath]) -> Iterator[Row]:
    if feed.each is None:
        yield _row(report, report, places)
        return
    code, scheme = feed.each.split(",")
    groups = [item for item in _items(report) if _concept(item) == (code, scheme)]
    if not groups:
        yield Rule.NO_RESULT
    for group in groups:
        yield _row(report, group, places)


def _row(report: Dataset, part: Dataset, places: dict[str, SrPath]) -> Row:
    items = dict[tuple[str, str], list[str]]()
    for item in _items(part):
        value = _value(item, report)
        if value is not None:
            items.setdefault(_concept(item), []).append(value)
    row = dict[str, str | None]()
    for path, place in places.items():
        if place.concept is None:
            row[path] = _attribute(report, place.keywords)
            continue
        found = set(items.get(place.concept, ()))
        if place.most and len(found) > 1:
            found = {max(found, key=float)}
        if len(found) > 1:
            return Rule.SEVERAL_VALUES
        row[path] = next(iter(found), None)
    return row


def _items(part: Dataset, depth: int = 0) -> Iterator[Dataset]:
    """Yield all content items below `part`, in order of the document."""
    if depth > DEPTH:
        raise UnreadableFileError(Rule.TOO_LARGE)
    for item in part.get("ContentSequence") or ():
        yield item
        yield from _items(item, depth + 1)


def _concept(item: Dataset) -> tuple[str, str]:
    for name in item.get("ConceptNameCodeSequence") or ():
        return _code(name), str(name.get("CodingSchemeDesignator", ""))
    return "", ""


def _code(code: Dataset) -> str:
    return str(code.get("CodeValue") or code.get("LongCodeValue") or code.get("URNCodeValue") or "")


def _value(item: Dataset, report: Dataset) -> str | None:
    """Return what an item says as text; None for containers, images and empty items."""
    kind = str(item.get("ValueType", ""))
    if kind == "NUM":
        for measured in item.get("MeasuredValueSequence") or ():
            number = measured.get("NumericValue")
            return None if number is None else str(number)
        return None
    if kind == "CODE":
        for code in item.get("ConceptCodeSequence") or ():
            return _code(code)
        return None
    text = item.get(_TEXTS[kind]) if kind in _TEXTS else None
    if text is None:
        return None
    return _moment(str(text), report) if kind == "DATETIME" else str(text)


def _attribute(report: Dataset, keywords: tuple[str, ...]) -> str | None:
    values = [str(report.get(keyword) or "").strip() for keyword in keywords]
    if not values[0]:
        return None
    if len(values) == 1:
        tag = pydicom.datadict.tag_for_keyword(keywords[0])
        timed = tag is not None and pydicom.datadict.dictionary_VR(tag) == "DT"
        return _moment(values[0], report) if timed else values[0]
    day, clock = _DATE.fullmatch(values[0]), _TIME.fullmatch(values[1])
    if day is None or clock is None:
        return " ".join(values)
    hour, minute, second, fraction = clock.groups()
    text = f"{'-'.join(day.groups())}T{hour}:{minute or '00'}:{second or '00'}{fraction or ''}"
    return text + _offset(report)


def _moment(text: str, report: Dataset) -> str:
    """Return a DICOM DT in ISO 8601; what is none stays, and is refused as a time."""
    found = _DATE_TIME.fullmatch(text.strip())
    if found is None:
        return text
    year, month, day, hour, minute, second, fraction, offset, minutes = found.groups()
    clock = f"{hour or '00'}:{minute or '00'}:{second or '00'}{fraction or ''}"
    zone = f"{offset}:{minutes or '00'}" if offset else _offset(report)
    return f"{year}-{month}-{day}T{clock}{zone}"


def _offset(report: Dataset) -> str:
    """Return the report's offset from UTC, empty if it states none: then the feed's zone holds."""
    offset = str(report.get("TimezoneOffsetFromUTC") or "").strip()
    return f"{offset[:3]}:{offset[3:]}" if re.fullmatch(r"[+-]\d{4}", offset) else ""
