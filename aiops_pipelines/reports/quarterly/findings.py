"""Sections on what was found: status by area, performance, calibration, drift, bias."""

from collections import Counter
from collections.abc import Sequence

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.status import AreaStatus
from aiops_pipelines.portfolio import METRICS, Area
from aiops_pipelines.reports.bar_charts import verdict_chart
from aiops_pipelines.reports.quarterly.gather import Quarter, SystemQuarter
from aiops_pipelines.reports.quarterly.layout import Cell, Picture, Section, Table, picture
from aiops_pipelines.reports.reading import reading
from aiops_pipelines.reports.style import LOOKS
from aiops_pipelines.reports.view import NO_LIMIT, area_reason, figure_view
from aiops_pipelines.verdict import Verdict

_FIGURE_COLUMNS = ("System", "Figure", "Value", "95% interval", "n", "Limit", "Verdict")
_FIGURE_WIDTHS = ("27.5%", "19%", "8.5%", "14.5%", "7%", "12%", "11.5%")


def status_section(quarter: Quarter, systems: Sequence[SystemQuarter]) -> Section:
    """Return the verdict of each system and area on its last evaluated night."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (each.system.name, *(_look(each, area) for area in Area)) for each in systems
    )
    return Section(
        id="status",
        title="Where every system stands",
        paragraphs=(
            "Verdicts of each area's last evaluated night. Breach: beyond its limit by more than "
            "the agreed margin, on evidence. Warn: something changed, not proven or not material. "
            "Insufficient data is not a pass.",
        ),
        tables=(
            Table(
                f"Verdict by system and area at the end of {quarter.name}",
                ("System", *(_title(area.value) for area in Area)),
                rows,
                widths=("25.2%", *(("10.6%",) * 7)),
            ),
            _nights_table(quarter, systems),
        ),
    )


def verdict_picture(systems: Sequence[SystemQuarter]) -> Picture:
    """Return how many systems have which verdict in each area."""
    rows = [
        (_title(area.value), Counter(each.areas[area].verdict for each in systems)) for area in Area
    ]
    told = "; ".join(
        f"{name}: {', '.join(f'{count} {verdict.value}' for verdict, count in counts.items())}"
        for name, counts in rows
    )
    svg = verdict_chart("Systems by verdict in each area", rows, told)
    return picture(svg, f"Systems by verdict in each area. {told}.")


def _nights_table(quarter: Quarter, systems: Sequence[SystemQuarter]) -> Table:
    rows = tuple(
        (
            each.system.name,
            *(_tally(each, area) for area in Area),
        )
        for each in systems
    )
    return Table(
        f"Nights in breach, of nights evaluated, {quarter.name}",
        ("System", *(_title(area.value) for area in Area)),
        rows,
        frozenset(range(1, 8)),
        widths=("25.2%", *(("10.6%",) * 7)),
    )


def _tally(each: SystemQuarter, area: Area) -> str:
    nights = each.areas[area]
    if not nights.nights:
        return "none"
    return f"{nights.count(Verdict.BREACH)} of {len(nights.nights)}"


def area_sections(systems: Sequence[SystemQuarter]) -> list[Section]:
    """Return the sections on performance, calibration, drift and bias."""
    return [
        _area_section(
            Area.PERFORMANCE,
            "Performance",
            "How right each system was on cases whose labels are mature; one figure a system, the "
            "gravest, else the one with a limit. All figures stand on the system's own page.",
            systems,
        ),
        _area_section(
            Area.CALIBRATION,
            "Calibration",
            "Whether scores mean what they say: of cases given 20%, about 20 in 100 should have "
            "the condition.",
            systems,
        ),
        _area_section(
            Area.DRIFT,
            "Drift",
            "How far inputs and scores have moved from the reference period, the furthest of each "
            "system. PSI of 0.1 is a noticeable, 0.25 a large shift; what chance alone would give "
            "is taken off. Drift does not prove harm: read it beside performance.",
            systems,
        ),
        _area_section(
            Area.BIAS,
            "Bias",
            "The gap of a subgroup against all others, the gravest of each system. Subgroups of "
            "fewer than 11 cases are not shown, nor others from which they could be worked out.",
            systems,
        ),
    ]


def _area_section(area: Area, title: str, intro: str, systems: Sequence[SystemQuarter]) -> Section:
    rows: list[tuple[Cell, ...]] = []
    points = []
    for each in systems:
        figure = leading_figure(each, area)
        if figure is None:
            rows.append((each.system.name, _absence(each, area), "", "", "", "", _look(each, area)))
            continue
        rows.append(figure_row(each, figure))
        if figure.verdict in {Verdict.BREACH, Verdict.WARN}:
            points.append(f"{each.system.name}: {reading(figure, each.system)}")
    return Section(
        id=title.lower(),
        title=title,
        paragraphs=(intro,),
        tables=(
            Table(
                f"{title}, one figure a system, last evaluated night",
                _FIGURE_COLUMNS,
                tuple(rows),
                frozenset({2, 4}),
                _FIGURE_WIDTHS,
            ),
        ),
        points=tuple(points),
    )


def _look(each: SystemQuarter, area: Area) -> Cell:
    return LOOKS[each.areas[area].verdict]


def _absence(each: SystemQuarter, area: Area) -> str:
    if not each.areas[area].figures:
        return "no figure"
    if all(figure.metric == NO_LIMIT for figure in each.areas[area].figures):
        return "no limit set"
    status = AreaStatus(
        area, each.areas[area].verdict, "no figure to show", each.areas[area].figures
    )
    return area_reason(status, each.system)


def leading_figure(each: SystemQuarter, area: Area) -> Figure | None:
    """Return the figure that speaks for the area: the gravest that may be shown, then the largest.

    A graver figure that may not be shown still decides the area's verdict elsewhere.
    """
    if area is Area.PERFORMANCE:
        return each.main
    order = list(METRICS)
    shown = [
        figure
        for figure in each.areas[area].figures
        if figure.may_be_shown and figure.metric != NO_LIMIT
    ]
    return max(
        shown,
        key=lambda figure: (
            figure.verdict.gravity,
            figure.estimate is not None,
            figure.minimum is not None or figure.maximum is not None,
            -(order.index(figure.metric) if figure.metric in order else len(order)),
            (figure.estimate or 0.0) if area is Area.DRIFT else abs(figure.estimate or 0.0),
        ),
        default=None,
    )


def figure_row(each: SystemQuarter, figure: Figure) -> tuple[Cell, ...]:
    """Return a figure as the row of a table across systems."""
    view = figure_view(figure, each.system)
    title = view.title if figure.stratum == "all" else f"{view.title}, {view.stratum}"
    if figure.estimand != "measured":
        title += f" ({figure.estimand})"
    return (each.system.name, title, view.value, view.bounds, view.count, view.limit, view.look)


def _title(text: str) -> str:
    return text[0].upper() + text[1:]
