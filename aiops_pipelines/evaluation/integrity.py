"""Whether a day's predictions and the labels that arrived on it are what they should be.

These rules need no limit in the portfolio: they hold for every feed. Each yields a figure with a
verdict in the area "integrity".
"""

from collections.abc import Collection
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.evaluation.arrivals import (
    feed_arrived,
    grade,
    integrity_figure,
    refusals,
    volume,
)
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.label_delay import (
    TABLE,
    completeness_figures,
    delay_curve,
    delay_figures,
)
from aiops_pipelines.evaluation.profile import held_profile
from aiops_pipelines.evaluation.soundness import soundness, version_figure
from aiops_pipelines.evaluation.store import write_beside
from aiops_pipelines.evaluation.window import history
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import System
from aiops_pipelines.statistics import proportion
from aiops_pipelines.verdict import Verdict

UNKNOWN_WARN, UNKNOWN_BREACH = 0.01, 0.10
BEFORE_WARN, BEFORE_BREACH = 0.01, 0.10
SOURCE_BREACH = 0.05
USUAL_GAPS = 4
SCHEDULE_DAYS = {"daily": 1, "weekdays": 3, "weekly": 7}
"""Days for which a feed of labels may be silent by its schedule."""


def predictions_integrity(
    lake: Lake, system: System, day: date, as_of: date, closed: Collection[date] = ()
) -> list[Figure]:
    """Return the integrity figures of a day's predictions; `closed` are public holidays."""
    table = lake.read("predictions", system.id, day)
    rows = table.num_rows
    figures = [
        feed_arrived(lake, system, day, as_of, rows, closed),
        volume(lake, system, day, as_of, rows, closed),
        *refusals(lake, system, "predictions", day, as_of, rows),
    ]
    if rows and "version" in system.predictions.columns:
        figures.append(version_figure(system, table, day, as_of))
    profile = held_profile(lake, system)
    if profile is not None:
        figures += soundness(system, profile, table, day, as_of)
    return figures


def labels_integrity(lake: Lake, system: System, day: date, as_of: date) -> list[Figure]:
    """Return the integrity figures of the labels received on `day`, for whichever cases."""
    arrived = lake.read("label_arrivals", system.id, day)
    rows = arrived.num_rows
    figures = [
        _silence(lake, system, day, as_of, rows),
        *refusals(lake, system, "labels", day, as_of, rows),
    ]
    if rows:
        unknown = pc.sum(pc.is_null(arrived["case_day"])).as_py()
        figures.append(_unknown_cases(system, day, as_of, unknown, rows))
        figures.append(_sources(system, day, as_of, arrived.column("source").to_pylist()))
        figures += _joined(lake, system, day, as_of, arrived)
    return figures


def label_delays(lake: Lake, system: System, day: date, as_of: date) -> list[Figure]:
    """Return how long labels take; none before there is a reference profile.

    Writes the completeness of recent days beside them, in the table `label_completeness`.
    """
    if held_profile(lake, system) is None:
        return []
    known = history(lake, system, day, as_of)
    curve = delay_curve(known)
    days = list(completeness_figures(known, curve))
    write_beside(lake, TABLE, system.id, day, known.as_of, days)
    return list(delay_figures(known, curve))


def _silence(lake: Lake, system: System, day: date, as_of: date, rows: int) -> Figure:
    """Judge how long no label arrived against the schedule and the longest usual gap."""
    name, asset = "label_feed_arrived", "labels"
    if rows:
        reason = f"{rows:,} labels arrived"
        return integrity_figure(system, asset, name, day, as_of, rows, None, Verdict.OK, reason)
    earlier = [each for each in lake.days("label_arrivals", system.id) if each < day]
    with_rows = [d for d in earlier if lake.read("label_arrivals", system.id, d).num_rows]
    if len(with_rows) < USUAL_GAPS:
        reason = "no labels arrived; too few deliveries so far to say how often they do"
        verdict = Verdict.INSUFFICIENT_DATA
        return integrity_figure(system, asset, name, day, as_of, rows, None, verdict, reason)
    gaps = np.diff([each.toordinal() for each in with_rows])
    silent = (day - with_rows[-1]).days
    usual = max(int(gaps.max()), SCHEDULE_DAYS.get(system.labels.expected, 0))
    verdict = grade(silent, usual + 1, 2 * usual)
    reason = f"no labels for {silent} days; {usual} were usual so far"
    return integrity_figure(system, asset, name, day, as_of, rows, None, verdict, reason)


def _unknown_cases(system: System, day: date, as_of: date, unknown: int, rows: int) -> Figure:
    share = proportion(unknown, rows)
    verdict = grade(share.value or 0.0, UNKNOWN_WARN, UNKNOWN_BREACH)
    reason = f"{unknown:,} of {rows:,} labels belong to no known case"
    return integrity_figure(
        system, "labels", "unknown_cases", day, as_of, rows, share, verdict, reason
    )


def _sources(system: System, day: date, as_of: date, sources: list[str]) -> Figure:
    other = [source for source in sources if source not in system.truth.sources]
    share = proportion(len(other), len(sources))
    verdict, reason = Verdict.OK, f"labels come from {', '.join(system.truth.sources)}"
    if (share.value or 0.0) > SOURCE_BREACH:
        verdict = Verdict.BREACH
        reason = (
            f"{len(other):,} of {len(sources):,} labels come from {', '.join(sorted(set(other)))}, "
            f"not from {', '.join(system.truth.sources)}: the truth has changed its source"
        )
    return integrity_figure(
        system, "labels", "label_source", day, as_of, len(sources), share, verdict, reason
    )


def _joined(lake: Lake, system: System, day: date, as_of: date, arrived: pa.Table) -> list[Figure]:
    """Judge tonight's labels beside their cases: which are lost, which knew before the system."""
    known = arrived.filter(pc.is_valid(arrived["case_day"]))
    days = sorted(set(known["case_day"].to_pylist()))
    cases = pa.concat_tables(
        [
            table.select(["case_id", "predicted_at"])
            for case_day in days
            if (table := lake.find("predictions", system.id, case_day)) is not None
        ]
        or [pa.table({"case_id": pa.array([], pa.string()), "predicted_at": pa.array([])})]
    )
    where = pc.index_in(known["case_id"], value_set=cases["case_id"].combine_chunks())
    lost = where.null_count
    found = known.filter(pc.is_valid(where))
    predicted = cases["predicted_at"].take(where.drop_null())
    decided = found["decided_at"].cast(pa.timestamp("us", "UTC"))
    before = pc.sum(pc.less(decided, predicted.cast(decided.type)), min_count=0).as_py()
    gone = proportion(lost, known.num_rows)
    early = proportion(before, found.num_rows - decided.null_count)
    figures = [
        integrity_figure(
            system,
            "labels",
            "lost_cases",
            day,
            as_of,
            gone.n,
            gone,
            grade(gone.value or 0.0, 0.0, UNKNOWN_WARN),
            f"{lost:,} of {gone.n:,} labels had a case that is no longer among the predictions",
        )
    ]
    if early.n:
        verdict = grade(early.value or 0.0, BEFORE_WARN, BEFORE_BREACH)
        reason = f"{before:,} of {early.n:,} cases were decided before the system scored them"
        figures.append(
            integrity_figure(
                system,
                "labels",
                "decided_before_prediction",
                day,
                as_of,
                early.n,
                early,
                verdict,
                reason,
            )
        )
    return figures
