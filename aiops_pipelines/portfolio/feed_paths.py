"""The paths by which feeds of documents name their columns: what each kind can read.

The checks raise ValueError, which the portfolio's loader turns into file, line and field.
"""

import re
from dataclasses import dataclass

_HL7_PATH = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})(?:\[(?P<code>[^\[\]]+)\])?-(?P<field>[1-9]\d?)"
    r"(?:\.(?P<component>[1-9]\d?))?(?:\.(?P<sub>[1-9]\d?))?"
)
_SR_ATTRIBUTE = re.compile(r"[A-Z]\w+(?:\+[A-Z]\w+)?")
_SR_CONTENT = re.compile(r"(?P<most>max\()?content\[(?P<code>[^,\[\]]+),(?P<scheme>[^,\[\]]+)\]\)?")


@dataclass(frozen=True, slots=True)
class Hl7Path:
    """A place in a message; `code` picks the OBX by OBX-3.1; numbers are 1-based."""

    segment: str
    code: str | None
    field: int
    component: int
    sub: int


@dataclass(frozen=True, slots=True)
class SrPath:
    """Attributes of the data set, or the content items of a concept (their greatest if `most`)."""

    keywords: tuple[str, ...] = ()
    concept: tuple[str, str] | None = None
    most: bool = False


def check_fhir_path(path: str) -> None:
    """Raise ValueError unless `path` is an expression of FHIRPath.

    The library's grammar mends some broken ones silently, so their signs are looked for.
    """
    import fhirpathpy

    if path.count("(") != path.count(")") or ".." in path or path.strip().endswith("."):
        raise ValueError(f"not a FHIRPath expression: {path!r}")
    try:
        fhirpathpy.compile(path)({"resourceType": "Basic"}, None)
    except Exception as error:  # noqa: BLE001  the grammar raises plain Exception
        raise ValueError(f"not a FHIRPath expression: {path!r} ({error})") from None


def check_hl7_path(path: str) -> Hl7Path:
    """Return a place in an HL7 v2 message; ValueError if it is none."""
    found = _HL7_PATH.fullmatch(path)
    if found is None or (found["code"] and found["segment"] != "OBX"):
        raise ValueError(f"not a place in a message: {path!r}; write PID-3.1 or OBX[code]-5")
    return Hl7Path(
        found["segment"],
        found["code"],
        int(found["field"]),
        int(found["component"] or 1),
        int(found["sub"] or 1),
    )


def check_sr_path(path: str) -> SrPath:
    """Return a place in a DICOM structured report; ValueError if it is none."""
    content = _SR_CONTENT.fullmatch(path)
    if content is not None and bool(content["most"]) == path.endswith(")"):
        return SrPath((), (content["code"], content["scheme"]), bool(content["most"]))
    if _SR_ATTRIBUTE.fullmatch(path) is None:
        raise ValueError(
            f"not a place in a structured report: {path!r}; write AccessionNumber, "
            f"ContentDate+ContentTime, content[111047,DCM] or max(content[111047,DCM])"
        )
    return SrPath(tuple(path.split("+")))
