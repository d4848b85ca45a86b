"""One look at a text file's bytes: is it UTF-8, how many lines, where it begins and ends."""

import codecs
import io
import os
from dataclasses import dataclass
from typing import BinaryIO

from aiops_pipelines.feeds.decoded import UnreadableFileError
from aiops_pipelines.feeds.rules import Rule

_BOM = b"\xef\xbb\xbf"
_CHUNK = 4 << 20
FIRST_LINE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What a scan found: the text from `start` to `end` without byte order mark and last line ends.

    `lines` counts physical lines, `longest_line` is in bytes, `quoted` tells whether a quotation
    mark stands anywhere.
    """

    start: int
    end: int
    lines: int
    longest_line: int
    quoted: bool
    first_line: bytes


class TextStream(io.RawIOBase):
    """The text of a scanned file, ending in exactly one line end."""

    def __init__(self, stream: BinaryIO, facts: TextFacts) -> None:
        self._stream = stream
        self._left = facts.end - facts.start
        self._ended = False
        stream.seek(facts.start)

    def readable(self) -> bool:
        """Tell that this stream is for reading."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        room = self._left + 1 if size < 0 else size
        found = self._stream.read(min(room, self._left))
        self._left -= len(found)
        if self._ended or self._left or len(found) == room:
            return found
        self._ended = True
        return found + b"\n"


def scan_text(stream: BinaryIO) -> TextFacts:
    """Return the facts of a text file; UnreadableFileError if it is empty or not UTF-8."""
    start = len(_BOM) if stream.read(len(_BOM)) == _BOM else 0
    end = _end_of_text(stream, start)
    stream.seek(start)
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, longest, line, quoted, last, first_line = 1, 0, 0, False, b"", b""
    position, first_done = start, False
    while position < end:
        chunk = stream.read(min(_CHUNK, end - position))
        position += len(chunk)
        _check_utf8(decoder, chunk, position == end)
        pairs = chunk.count(b"\r\n") + (last == b"\r" and chunk.startswith(b"\n"))
        returns = chunk.count(b"\r")
        lines += chunk.count(b"\n") + returns - pairs
        quoted = quoted or b'"' in chunk
        if not first_done:
            first_line, first_done = _first_line(first_line + chunk)
            if len(first_line) > FIRST_LINE_BYTES:
                raise UnreadableFileError(Rule.TOO_LARGE)
        longest, line = _longest(chunk.replace(b"\r", b"\n") if returns else chunk, longest, line)
        last = chunk[-1:]
    if not first_line.strip() and lines == 1:
        raise UnreadableFileError(Rule.EMPTY_FILE)
    return TextFacts(start, end, lines, max(longest, line), quoted, first_line)


def _end_of_text(stream: BinaryIO, start: int) -> int:
    """Return where the text ends, line ends at the end of the file left out."""
    end = stream.seek(0, os.SEEK_END)
    while end > start:
        begin = max(start, end - _CHUNK)
        stream.seek(begin)
        left = len(stream.read(end - begin).rstrip(b"\r\n"))
        if left:
            return begin + left
        end = begin
    raise UnreadableFileError(Rule.EMPTY_FILE)


def _check_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, last: bool) -> None:
    if chunk.isascii() and not decoder.getstate()[0]:
        return
    try:
        decoder.decode(chunk, last)
    except UnicodeDecodeError:
        raise UnreadableFileError(Rule.NOT_UTF8) from None


def _first_line(text: bytes) -> tuple[bytes, bool]:
    ends = [end for end in (text.find(b"\n"), text.find(b"\r")) if end >= 0]
    return (text[: min(ends)], True) if ends else (text, False)


def _longest(chunk: bytes, longest: int, line: int) -> tuple[int, int]:
    """Return the longest line so far, counted coarsely, and the length of the one not ended.

    A line inside a chunk is shorter than the chunk, so only those that span chunks are measured.
    """
    first, last = chunk.find(b"\n"), chunk.rfind(b"\n")
    if first < 0:
        return longest, line + len(chunk)
    return max(longest, line + first), len(chunk) - last - 1
