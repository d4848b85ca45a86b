"""What people see of figures in Dagster's UI: a small table and a trend, never patient-level."""

from collections.abc import Sequence
from datetime import date, timedelta

import dagster as dg

from aiops_pipelines.evaluation.explanation import Explanation
from aiops_pipelines.evaluation.figure import Figure, subject
from aiops_pipelines.evaluation.status import latest_figures
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area

_COLUMNS = ("figure", "estimate", "interval", "n", "limit", "verdict", "why")
_TREND_DAYS, _TREND_NIGHTS = 28, 5


def figures_table(figures: Sequence[Figure]) -> dg.MetadataValue:
    """Return the figures as a table, the gravest first; suppressed ones without numbers."""
    ordered = sorted(figures, key=lambda figure: -figure.verdict.gravity)
    return dg.MetadataValue.table(
        records=[dg.TableRecord(_record(figure)) for figure in ordered],
        schema=dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in _COLUMNS]),
    )


def rates_table(figures: Sequence[Figure]) -> dg.MetadataValue:
    """Return rates of small cells as a table, without n: what may not be shown is left out."""
    columns = ("figure", "estimate", "interval", "method")
    rows = [
        {
            "figure": figure.subject,
            "estimate": _number(figure.estimate),
            "interval": f"{_number(figure.low)} to {_number(figure.high)}",
            "method": figure.method,
        }
        for figure in figures
        if not figure.suppressed
    ]
    return dg.MetadataValue.table(
        records=[dg.TableRecord(row) for row in rows],
        schema=dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns]),
    )


def explanations_list(rows: Sequence[Explanation]) -> dg.MetadataValue:
    """Return why figures are off as a list to read, figure by figure."""
    lines: list[str] = []
    for row in rows:
        heading = f"**{subject(row.metric, row.operating_point)}**"
        if heading not in lines:
            lines += ["", heading, ""]
        lines.append(f"- {row.text}")
    return dg.MetadataValue.md("\n".join(lines).strip())


def trend(lake: Lake, area: Area, system: str, day: date) -> dg.MetadataValue | None:
    """Return a chart of the headline figure over the last nights; None before the fifth night."""
    nights = [
        latest_figures(lake, area, system, day - timedelta(days=back))
        for back in reversed(range(_TREND_DAYS))
    ]
    # Imported late: matplotlib would slow down the loading of the code location.
    from aiops_pipelines.reports import trend_markdown_image

    today = nights[-1]
    if not today or sum(bool(rows) for rows in nights) < _TREND_NIGHTS:
        return None
    shown = max(today, key=lambda figure: figure.verdict.gravity)
    series = [figure for rows in nights for figure in rows if figure.series == shown.series]
    return dg.MetadataValue.md(trend_markdown_image(series))


def _record(figure: Figure) -> dict[str, str]:
    hidden = not figure.may_be_shown
    return {
        "figure": figure.subject,
        "estimate": "suppressed" if hidden else _number(figure.estimate),
        "interval": "" if hidden else f"{_number(figure.low)} to {_number(figure.high)}",
        "n": "not shown" if hidden else f"{figure.n:,}",
        "limit": _limit(figure),
        "verdict": figure.verdict.value,
        "why": "" if hidden else figure.reason,
    }


def _limit(figure: Figure) -> str:
    # Imported late: the package draws, as above.
    from aiops_pipelines.reports.wording import limit_text

    return limit_text(figure.minimum, figure.maximum)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
