"""FHIR R4 in JSON: NDJSON as bulk exports give it, a Bundle, or one resource.

A row is a resource of the feed's type, validated with fhir.resources; its number is the line of
an NDJSON file or the place in the Bundle. XML is recognised and refused, never parsed.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, BinaryIO, NoReturn

import fhirpathpy
from fhirpathpy.models import models
from pydantic import BaseModel, ValidationError

from aiops_pipelines.feeds.content import size_of
from aiops_pipelines.feeds.decoded import Decoded, UnreadableFileError
from aiops_pipelines.feeds.rows import Row, as_blocks
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.portfolio import Feed, FhirFeed

DOCUMENT_BYTES = 64 << 20
"""The largest Bundle, and the longest line of NDJSON."""

_BOM = b"\xef\xbb\xbf"
_RETRACTED = ("entered-in-error", "cancelled")

Path = Callable[[Any], list[Any]]


def decode_fhir(stream: BinaryIO, feed: Feed, wanted: list[str]) -> Iterator[Decoded]:
    """Yield the feed's resources as rows of the paths `wanted`; raise UnreadableFileError."""
    assert isinstance(feed, FhirFeed)
    paths = {path: _compiled(path) for path in wanted}
    where = {path: _compiled(path) for path in feed.where}
    return as_blocks(_rows(_resources(stream), feed, paths, where), wanted)


def _rows(
    resources: Iterable[tuple[int, Any]],
    feed: FhirFeed,
    paths: dict[str, Path],
    where: dict[str, Path],
) -> Iterator[tuple[int, Row]]:
    found = False
    for number, resource in resources:
        if not isinstance(resource, dict):
            found = True
            yield number, Rule.NOT_JSON
        elif _is_of(resource, feed, where):
            found = True
            yield number, _row(resource, feed, paths)
    if not found:
        raise UnreadableFileError(Rule.NO_RESOURCE)


def _is_of(resource: dict[str, Any], feed: FhirFeed, where: dict[str, Path]) -> bool:
    if resource.get("resourceType") != feed.resource:
        return False
    return all(
        any(_text(value) == feed.where[path] for value in _evaluated(run, resource) or ())
        for path, run in where.items()
    )


def _row(resource: dict[str, Any], feed: FhirFeed, paths: dict[str, Path]) -> Row:
    try:
        _model(feed.resource).model_validate(resource)
    except (ValidationError, RecursionError, ValueError, TypeError, AttributeError, KeyError):
        return Rule.NOT_A_RESOURCE
    if resource.get("status") in _RETRACTED:
        return Rule.RETRACTED
    row = dict[str, str | None]()
    for path, run in paths.items():
        values = _evaluated(run, resource)
        if values is None or any(isinstance(value, dict | list) for value in values):
            return Rule.SEVERAL_VALUES
        texts = {_text(value) for value in values}
        if len(texts) > 1:
            return Rule.SEVERAL_VALUES
        row[path] = next(iter(texts), None)
    return row


def _resources(stream: BinaryIO) -> Iterator[tuple[int, Any]]:
    """Yield numbered resources, None for a line that is no JSON object with a resourceType."""
    start = stream.read(4096).removeprefix(_BOM).lstrip()
    if start.startswith(b"<"):
        raise UnreadableFileError(Rule.XML)
    stream.seek(0)
    first = next((line for _, line in _lines(stream)), b"")
    resource = _parsed(first)
    if resource is None or resource["resourceType"] == "Bundle":
        document = _whole(stream)
        if document is not None:
            yield from _entries(document)
            return
    if resource is None and not any(_parsed(line) for _, line in _lines(stream)):
        raise UnreadableFileError(Rule.NOT_FHIR)
    for number, line in _lines(stream):
        yield number, _parsed(line)


def _entries(document: dict[str, Any]) -> Iterator[tuple[int, Any]]:
    if document["resourceType"] != "Bundle":
        yield 1, document
        return
    entries = document.get("entry") or []
    if not isinstance(entries, list):
        raise UnreadableFileError(Rule.NOT_FHIR)
    for number, entry in enumerate(entries, start=1):
        yield number, entry.get("resource") if isinstance(entry, dict) else None


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, from the beginning, with their numbers from 1."""
    stream.seek(0)
    number = 0
    while line := stream.readline(DOCUMENT_BYTES + 1):
        if len(line) > DOCUMENT_BYTES:
            raise UnreadableFileError(Rule.TOO_LARGE)
        number += 1
        line = (line.removeprefix(_BOM) if number == 1 else line).strip()
        if line:
            yield number, line


def _whole(stream: BinaryIO) -> dict[str, Any] | None:
    if size_of(stream) > DOCUMENT_BYTES:
        return None
    return _parsed(stream.read().removeprefix(_BOM))


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    named = isinstance(found, dict) and isinstance(found.get("resourceType"), str)
    return found if named else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _evaluated(run: Path, resource: dict[str, Any]) -> list[Any] | None:
    try:
        return run(resource)
    except Exception:  # noqa: BLE001  the library raises plain Exception on odd operands
        return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _compiled(path: str) -> Path:
    run = fhirpathpy.compile(path, models["r4"])
    return lambda resource: list(run(resource, None))


@cache
def _model(resource: str) -> type[BaseModel]:
    from fhir.resources import R4B

    model: type[BaseModel] = R4B.get_fhir_model_class(resource)
    return model
