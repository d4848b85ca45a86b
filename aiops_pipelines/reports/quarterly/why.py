"""The section that says of every breach and warning why: what was found, and where to look first.

The reasons are the lake's own; what is told besides comes from the night's explanations, as known
on the report's day. None of it proves a cause.
"""

from collections.abc import Iterator, Sequence

from aiops_pipelines.evaluation.explanation import PARTS, Explanation, latest_explanations
from aiops_pipelines.evaluation.figure import MEASURED, Figure
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.prose import prose
from aiops_pipelines.reports.quarterly.gather import AreaQuarter, Quarter, SystemQuarter
from aiops_pipelines.reports.quarterly.layout import Cell, Section, Table
from aiops_pipelines.reports.style import LOOKS
from aiops_pipelines.reports.view import reason_text
from aiops_pipelines.reports.why_view import explained
from aiops_pipelines.statistics.suppression import MINIMUM
from aiops_pipelines.verdict import Verdict

TOLD = 3
"""Figures of an area that are told one by one; of more than these their number is told."""

SLICES = EVENTS = 2
OFF = (Verdict.BREACH, Verdict.WARN)


def why_section(lake: Lake, quarter: Quarter, systems: Sequence[SystemQuarter]) -> Section:
    """Return a row for each area of each system that is in breach or warning at the end."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.system.name,
            area.area.value,
            LOOKS[area.verdict],
            " ".join(_sentences(lake, quarter, each, area)),
        )
        for each in systems
        for area in each.areas.values()
        if area.verdict in OFF
    )
    return Section(
        id="why",
        title="Why: every breach and warning",
        paragraphs=(
            "What was found on the last evaluated night, then when it began, what moved and what "
            "happened near it, where that is known. It says where to look first; it proves no "
            "cause.",
        ),
        tables=(
            Table(
                "Breaches and warnings by system and area",
                ("System", "Area", "Verdict", "What was found"),
                rows,
                widths=("19%", "11%", "10%", "60%"),
                empty="No area of any system is in breach or warning.",
            ),
        ),
    )


def _sentences(
    lake: Lake, quarter: Quarter, each: SystemQuarter, area: AreaQuarter
) -> Iterator[str]:
    off = [figure for figure in area.figures if figure.verdict in OFF]
    off.sort(key=lambda figure: (-figure.verdict.gravity, not figure.may_be_shown))
    for figure in off[:TOLD]:
        yield _sentence(reason_text(figure, each.system))
    if len(off) > TOLD:
        yield f"{len(off) - TOLD} more like this: see the system's page."
    if area.area is Area.PERFORMANCE and area.last is not None:
        known = latest_explanations(lake, each.system.id, area.last, quarter.known_by)
        for figure in off[:TOLD]:
            yield from _explained(figure, known, each)


def _explained(figure: Figure, known: Sequence[Explanation], each: SystemQuarter) -> Iterator[str]:
    """Yield what is known of the figure: its counts before and after, the largest part, slices."""
    if figure.estimand != MEASURED or not figure.may_be_shown:
        return
    key = (figure.metric, figure.operating_point)
    own = [row for row in known if (row.metric, row.operating_point) == key]
    name = wording.figure_title(figure, each.system)
    for row in own:
        if row.kind == "change" and row.changed_on is not None:
            yield _sentence(f"Behind {name}: {_before_and_after(row, each)}")
    yield from _parts(own)
    for kind, most in (("slice", SLICES), ("event", EVENTS)):
        told = [prose(explained(row), each.system) for row in own if row.kind == kind][:most]
        if told:
            lead = "Where" if kind == "slice" else "Near it"
            yield _sentence(f"{lead}: {'; '.join(told)}")


def _before_and_after(row: Explanation, each: SystemQuarter) -> str:
    """Return how the counts moved; since when stands in the figure's reason."""
    if row.suppressed or 0 < (row.n or 0) < MINIMUM:
        return prose(explained(row), each.system)
    return f"{prose(row.text.partition(';')[0], each.system)} (n = {row.n or 0:,})"


def _parts(own: Sequence[Explanation]) -> Iterator[str]:
    parts = [row for row in own if row.name in PARTS and row.estimate is not None]
    shown = [row for row in parts if not row.suppressed and not 0 < (row.n or 0) < MINIMUM]
    total = next((row for row in own if row.name == "total"), None)
    if total is None or total.estimate is None or not shown:
        return
    most = max(shown, key=lambda row: abs(row.estimate or 0.0))
    yield (
        f"What moved most: {PARTS[most.name]}, {_signed(most)} of a change of "
        f"{_signed(total)} since the reference (n = {most.n:,})."
    )


def _signed(row: Explanation) -> str:
    text = f"{row.estimate:+.3f}"
    if row.low is not None and row.high is not None:
        text += f" ({row.low:+.3f} to {row.high:+.3f})"
    return text.replace("-", "\N{MINUS SIGN}")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."
