"""Whom it concerns: the figure by site and subgroup, with the suppression all outputs share."""

from collections.abc import Iterator

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.evidence.gather import ClauseEvidence
from aiops_pipelines.reports.quarterly.layout import Cell, Section, Table
from aiops_pipelines.reports.style import LOOKS

_COMPLEMENT = {"false_negative_rate": "sensitivity"}


def effect_section(pack: ClauseEvidence) -> Section:
    """Return each subgroup's figure and gap; withheld ones without numbers."""
    metric = pack.row.metric.removesuffix("_gap")
    looked_at = _COMPLEMENT.get(metric, metric)
    gaps = [
        each
        for each in pack.bias
        if each.metric == f"{looked_at}_gap" and each.operating_point == pack.row.operating_point
    ]
    title = wording.metric_title(looked_at)
    if pack.row.operating_point:
        title += f" at {pack.row.operating_point}"
    withheld = sum(not each.may_be_shown for each in gaps)
    notes = [f"Subgroups are compared by {title}" + (
        ", of which the miss rate is the complement." if looked_at != metric else "."
    )]  # fmt: skip
    if withheld:
        notes.append(f"{wording.SUPPRESSED[0].upper()}{wording.SUPPRESSED[1:]}: {withheld} rows. "
                     f"{wording.SUPPRESSED_REASON}")  # fmt: skip
    if not gaps:
        notes = [
            f"No limit on gaps of {title} between subgroups is set for this system, so this pack "
            "shows none: which of their numbers may be read outside the team is decided with it."
        ]
    return Section(
        id="effect",
        title="By site and subgroup",
        paragraphs=tuple(notes),
        tables=(_table(pack, title, looked_at, gaps),) if gaps else (),
    )


def _table(pack: ClauseEvidence, title: str, metric: str, gaps: list[Figure]) -> Table:
    window = wording.plural(gaps[0].window, "day")
    return Table(
        f"{title[0].upper()}{title[1:]} by subgroup, window of {window}",
        ("Subgroup", "Value", "95% interval", "Gap to all others", "95% interval", "n", "Verdict"),
        tuple(_rows(pack, metric, gaps)),
        frozenset({1, 3, 5}),
        ("22%", "10%", "17%", "13%", "18%", "8%", "12%"),
    )


def _rows(pack: ClauseEvidence, metric: str, gaps: list[Figure]) -> Iterator[tuple[Cell, ...]]:
    rates = {
        each.stratum: each
        for each in pack.subgroups
        if each.metric == metric and each.operating_point == pack.row.operating_point
    }
    for gap in gaps:
        name = wording.stratum_text(gap.stratum)
        if not gap.may_be_shown:
            yield name, wording.SUPPRESSED, "", wording.SUPPRESSED, "", "", LOOKS[gap.verdict]
            continue
        rate = rates.get(gap.stratum)
        known = rate is not None and rate.may_be_shown and rate.window == gap.window
        yield (
            name,
            wording.value_text(rate) if known and rate else "",
            wording.bounds_text(rate) if known and rate else "",
            wording.value_text(gap),
            wording.bounds_text(gap),
            f"{gap.n:,}",
            LOOKS[gap.verdict],
        )
