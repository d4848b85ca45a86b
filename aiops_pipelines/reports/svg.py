"""From a matplotlib figure to a small, repeatable SVG that can stand inside a page.

The same drawing gives the same bytes: no date, fixed salt, and names of parts that depend on the
drawing only, so that two charts on one page never share one.
"""

import hashlib
import io
import re
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Drawing

from aiops_pipelines.reports.style import FONTS

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_FONT = re.compile(r"(?:(?P<weight>\d+|bold) )?(?P<size>[\d.]+px) .*")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def to_svg(drawing: Drawing, alt: str) -> Markup:
    """Return the drawing as an `<svg>` element whose text alternative is `alt`."""
    FigureCanvasSVG(drawing)
    stream = io.BytesIO()
    drawing.savefig(stream, format="svg", metadata=_NO_METADATA)
    content = stream.getvalue()
    prefix = "c" + hashlib.sha256(content + alt.encode()).hexdigest()[:8]
    tidy = _tidy(ElementTree.fromstring(content), prefix, alt)  # noqa: S314 (our own drawing)
    return Markup(tidy)  # noqa: S704 (serialised XML: its text is escaped)


def _tidy(root: ElementTree.Element, prefix: str, alt: str) -> str:
    ElementTree.register_namespace("", _SVG)
    for parent in root.iter():
        for child in list(parent):
            if child.tag in {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"}:
                parent.remove(child)
    used = _referenced(root)
    for element in root.iter():
        name = element.attrib.pop("id", None)
        if name in used:
            element.set("id", f"{prefix}-{used[name]}")
        _spell_out(element)
        _repoint(element, prefix, used)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", alt)
    root.set("stroke-linejoin", "round")
    title = ElementTree.Element(f"{{{_SVG}}}title")
    title.text = alt
    root.insert(0, title)
    return ElementTree.tostring(root, encoding="unicode")


def _referenced(root: ElementTree.Element) -> dict[str, int]:
    """Return the names that other parts point to, numbered in the order of their use."""
    used: dict[str, int] = {}
    for element in root.iter():
        target = element.get(f"{{{_XLINK}}}href", "").removeprefix("#")
        found = [target] if target else []
        for value in element.attrib.values():
            found += _REFERENCE.findall(value)
        for name in found:
            used.setdefault(name, len(used))
    return used


def _spell_out(element: ElementTree.Element) -> None:
    """Turn the style into attributes: pages then need no style of ours, and printers know them."""
    for declaration in element.attrib.pop("style", "").split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        font = _FONT.fullmatch(value) if name == "font" else None
        if font:
            element.set("font-weight", font["weight"] or "400")
            element.set("font-size", font["size"])
            element.set("font-family", FONTS)
        elif value:
            element.set(name, value)


def _repoint(element: ElementTree.Element, prefix: str, used: dict[str, int]) -> None:
    target = element.attrib.pop(f"{{{_XLINK}}}href", None)
    if target is not None:
        element.set("href", f"#{prefix}-{used[target.removeprefix('#')]}")
    for key, value in element.attrib.items():
        if "url(#" in value:
            element.set(key, _REFERENCE.sub(lambda m: f"url(#{prefix}-{used[m[1]]})", value))
