"""One sheet a system: what it is, how it did in words, two charts and its main figures."""

from collections.abc import Iterator

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.quarterly.findings import figure_row, leading_figure
from aiops_pipelines.reports.quarterly.gather import Quarter, SystemQuarter
from aiops_pipelines.reports.quarterly.layout import Picture, SystemSheet, Table, picture
from aiops_pipelines.reports.reading import reading
from aiops_pipelines.reports.style import LOOKS
from aiops_pipelines.reports.system_page import (
    drift_alt,
    drift_chart,
    drift_ranking,
    subgroup_views,
)
from aiops_pipelines.reports.trend_view import draw_trends
from aiops_pipelines.reports.view import TIER_WORDS

SHEET_FIGURES = 5
SUBGROUPS = 6
HEIGHT = 1.7
"""Height of a trend in inches, so that two sheets fit a page."""

_AREAS = (Area.PERFORMANCE, Area.CALIBRATION, Area.DRIFT, Area.BIAS)


def sheet(lake: Lake, quarter: Quarter, each: SystemQuarter) -> SystemSheet:
    """Return the system's sheet."""
    system = each.system
    leading = [figure for area in _AREAS if (figure := leading_figure(each, area))]
    version = system.version_on(quarter.last) or "none yet"
    return SystemSheet(
        id=f"system-{system.id}",
        name=system.name,
        facts=(
            f"{system.vendor.name}, version {version}; {system.lifecycle.stage.value}, "
            f"{TIER_WORDS[system.tier]}; predicts {system.output.predicts}."
        ),
        look=LOOKS[each.verdict],
        readings=tuple(reading(figure, system) for figure in leading)
        or ("Nothing was evaluated in this quarter.",),
        charts=tuple(_charts(lake, quarter, each)),
        table=_table(each, leading),
    )


def _table(each: SystemQuarter, leading: list[Figure]) -> Table:
    rest = [
        figure
        for figure in each.areas[Area.PERFORMANCE].figures
        if figure.stratum == "all" and figure not in leading
    ]
    rows = tuple(figure_row(each, figure)[1:] for figure in [*leading, *rest][:SHEET_FIGURES])
    last = wording.day_text(each.last) if each.last else "no night"
    return Table(
        f"Main figures on the last evaluated night ({last})",
        ("Figure", "Value", "95% interval", "n", "Limit", "Verdict"),
        rows,
        frozenset({1, 3}),
        ("34%", "13%", "18%", "10%", "13%", "12%"),
    )


def _charts(lake: Lake, quarter: Quarter, each: SystemQuarter) -> Iterator[Picture]:
    if each.main is not None:
        trends = draw_trends(
            lake, each.system, [each.main], quarter.start, quarter.end, quarter.known_by, HEIGHT
        )
        yield from (picture(trend.svg, trend.alt, trend.caption) for trend in trends)
    views = subgroup_views(each.system, each.areas[Area.BIAS].figures, SUBGROUPS)
    bias = next((view for view in views if view.svg), None)
    if bias is not None:
        withheld = f"; {bias.withheld} not shown" if bias.withheld else ""
        total = len(bias.figures)
        caption = f"{bias.drawn} of {total} subgroups, the gravest first{withheld}."
        yield picture(bias.svg, bias.alt, caption)
        return
    ranked = drift_ranking(each.areas[Area.DRIFT].figures)
    if ranked:
        caption = "Inputs and score, the furthest moved first."
        yield picture(drift_chart(each.system, ranked), drift_alt(each.system, ranked), caption)
