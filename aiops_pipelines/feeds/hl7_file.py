"""HL7 v2 ORU^R01: messages one after the other, in MLLP frames or a batch, with any line ends.

A row is one OBR with its OBX; rows are numbered through the file, a message that can't be read
counts as one. Observations marked deleted, wrong or not obtained (OBX-11 D, W, X) say nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import hl7

from aiops_pipelines.feeds.content import whole
from aiops_pipelines.feeds.decoded import Decoded, UnreadableFileError
from aiops_pipelines.feeds.rows import Row, as_blocks
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.portfolio import Feed
from aiops_pipelines.portfolio.feed_paths import Hl7Path, check_hl7_path

FILE_BYTES = 256 << 20

_START, _END = "\x0b", "\x1c"
_MESSAGE = re.compile(r"(?:^|(?<=[\r\x0b\x1c]))(?=MSH)")
_SEPARATORS = re.compile(r"MSH([^\w\s])([^\w\s]{4,5})\1")
_BATCH = ("FHS", "BHS", "BTS", "FTS")
_NOTHING_SAID = {"D", "W", "X"}
_TIMES = {"predicted_at", "received_at", "decided_at"}
_DTM = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(\.\d{1,6})?\d*)?)?([+-]\d\d)?(\d\d)?"
)


@dataclass(slots=True)
class _Order:
    """One OBR of a message with what stands around it: segments by name, in their order."""

    message: hl7.Message
    segments: dict[str, list[hl7.Segment]] = field(default_factory=dict)


def decode_hl7(stream: BinaryIO, feed: Feed, wanted: list[str]) -> Iterator[Decoded]:
    """Yield the orders of all messages as rows of the places `wanted`; UnreadableFileError."""
    places = {path: check_hl7_path(path) for path in wanted}
    times = {theirs for ours, theirs in feed.columns.items() if ours in _TIMES}
    messages = _messages(_decoded(whole(stream, FILE_BYTES)))
    return as_blocks(enumerate(_rows(messages, places, times), start=1), wanted)


def _rows(messages: list[str], places: dict[str, Hl7Path], times: set[str]) -> Iterator[Row]:
    for text in messages:
        orders = _orders(text)
        if isinstance(orders, Rule):
            yield orders
            continue
        for order in orders:
            yield _row(order, places, times)


def _decoded(data: bytes) -> str:
    """Return the text: UTF-8, or Latin-1 where MSH-18 says so."""
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        if b"|8859/1" in data[:4096].split(b"\r")[0]:
            return data.decode("latin-1")
        raise UnreadableFileError(Rule.NOT_UTF8) from None


def _messages(text: str) -> list[str]:
    """Return the messages, and what stands between them if it is anything."""
    text = text.replace("\r\n", "\r").replace("\n", "\r")
    pieces = _MESSAGE.split(text)
    if len(pieces) < 2:
        raise UnreadableFileError(Rule.NOT_HL7)
    framed = [pieces[k - 1].endswith(_START) for k in range(1, len(pieces))]
    messages = [pieces[0]] if _segments(pieces[0]) else []
    for piece, in_frame in zip(pieces[1:], framed, strict=True):
        broken = in_frame and _END not in piece
        messages.append("" if broken else piece.split(_END)[0])
    return messages


def _segments(text: str) -> list[str]:
    lines = text.replace(_START, "").replace(_END, "").split("\r")
    return [line for line in lines if line.strip() and not line.startswith(_BATCH)]


def _orders(text: str) -> list[_Order] | Rule:
    separators = _SEPARATORS.match(text)
    if separators is None or len(set("".join(separators.groups()))) < 5:
        return Rule.NOT_A_MESSAGE
    try:
        message = hl7.parse("\r".join(_segments(text)))
        kind = _value(message, message[0], Hl7Path("MSH", None, 9, 1, 1))
        event = _value(message, message[0], Hl7Path("MSH", None, 9, 2, 1))
        if (kind, event) != ("ORU", "R01"):
            return Rule.NOT_ORU
        return _grouped(message) or Rule.NO_RESULT
    except (hl7.HL7Exception, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return Rule.NOT_A_MESSAGE


def _grouped(message: hl7.Message) -> list[_Order]:
    common, waiting, orders = _Order(message), list[hl7.Segment](), list[_Order]()
    for segment in message:
        name = str(segment[0])
        if name == "ORC":
            waiting.append(segment)
        elif name == "OBR":
            orders.append(_Order(message, {**common.segments, "ORC": waiting, "OBR": [segment]}))
            waiting = []
        else:
            last = orders[-1] if orders else common
            last.segments.setdefault(name, []).append(segment)
    return orders


def _row(order: _Order, places: dict[str, Hl7Path], times: set[str]) -> Row:
    row = dict[str, str | None]()
    for path, place in places.items():
        said = {_value(order.message, segment, place) for segment in _picked(order, place)}
        found = said - {None}
        if len(found) > 1:
            return Rule.SEVERAL_VALUES
        value = next(iter(found), None)
        row[path] = _iso(value) if path in times else value
    return row


def _picked(order: _Order, place: Hl7Path) -> list[hl7.Segment]:
    segments = order.segments.get(place.segment, [])
    if place.segment != "OBX":
        return segments
    status, code = Hl7Path("OBX", None, 11, 1, 1), Hl7Path("OBX", None, 3, 1, 1)
    return [
        segment
        for segment in segments
        if _value(order.message, segment, status) not in _NOTHING_SAID
        and (place.code is None or _value(order.message, segment, code) == place.code)
    ]


def _value(message: hl7.Message, segment: hl7.Segment, place: Hl7Path) -> str | None:
    """Return the unescaped text at a place, of the first repetition; None if there is none."""
    try:
        text = segment.extract_field(
            field_num=place.field, component_num=place.component, subcomponent_num=place.sub
        )
    except (IndexError, hl7.HL7Exception):
        return None
    said = str(message.unescape(str(text))).strip() if text is not None else ""
    return said if said and said != '""' else None


def _iso(moment: str | None) -> str | None:
    """Return an HL7 time stamp in ISO 8601; what is none stays, and is refused as a time."""
    found = _DTM.fullmatch(moment or "")
    if found is None:
        return moment
    year, month, day, hour, minute, second, fraction, offset, minutes = found.groups()
    text = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{fraction or ''}"
    return text + (f"{offset}:{minutes or '00'}" if offset else "")
