"""The checks of what arrives: whether it came, whole and in usual number, and whether it is sound.

Each check's verdict is also a row in the lake's figures: Dagster shows it, the lake records it.
Only `predictions_intact` blocks, and only its own system's night. The limits of performance,
calibration, drift, bias and SLA are checked by the assets that compute them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial

import dagster as dg

from aiops_pipelines.assets.night import Night, night
from aiops_pipelines.assets.verdicts import check_spec, recorded, verdict_of
from aiops_pipelines.evaluation.arrivals import (
    REFUSED_BREACH,
    closed_days,
    refused_files,
    refused_share,
)
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.integrity import labels_integrity, predictions_integrity
from aiops_pipelines.evaluation.store import write_figures
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Hospital, System
from aiops_pipelines.quality.validation import (
    quality_figures,
    validate_labels,
    validate_predictions,
)
from aiops_pipelines.resources import Clock, LakeResource, PortfolioResource

Judge = Callable[[Lake, System, date, date], Sequence[Figure]]

INTACT = check_spec(
    "predictions",
    "predictions_intact",
    "Enough of what arrived could be read: else this system's night stops, nobody else's.",
    blocking=True,
)
PREDICTIONS_INTEGRITY = check_spec(
    "predictions",
    "predictions_integrity",
    "The day's predictions arrived, in usual number, from the version the portfolio names.",
)
PREDICTIONS_QUALITY = check_spec(
    "predictions",
    "predictions_quality",
    "Great Expectations: types, ranges, value sets, uniqueness and missingness of predictions.",
)
LABELS_INTEGRITY = check_spec(
    "labels",
    "labels_integrity",
    "Labels keep arriving, from the sources agreed on, for cases that are known.",
)
LABELS_QUALITY = check_spec(
    "labels",
    "labels_quality",
    "Great Expectations: the labels received on the day, for whichever cases.",
)


@dg.multi_asset_check(specs=[INTACT, PREDICTIONS_INTEGRITY, PREDICTIONS_QUALITY])
def predictions_checks(
    context: dg.AssetCheckExecutionContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    clock: Clock,
) -> Iterator[dg.AssetCheckResult]:
    """Judge the day's predictions: readable, arrived, sound."""
    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    judges: list[tuple[dg.AssetCheckSpec, Area, Judge]] = [
        (PREDICTIONS_INTEGRITY, Area.INTEGRITY, partial(_predictions_integrity, this.hospital)),
        (PREDICTIONS_QUALITY, Area.DATA_QUALITY, _predictions_quality),
    ]
    yield _intact(lake.open(), this)
    yield from _judged(context.instance, lake.open(), this, judges)


@dg.multi_asset_check(specs=[LABELS_INTEGRITY, LABELS_QUALITY])
def labels_checks(
    context: dg.AssetCheckExecutionContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    clock: Clock,
) -> Iterator[dg.AssetCheckResult]:
    """Judge the labels that arrived on the day."""
    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    judges: list[tuple[dg.AssetCheckSpec, Area, Judge]] = [
        (LABELS_INTEGRITY, Area.INTEGRITY, labels_integrity),
        (LABELS_QUALITY, Area.DATA_QUALITY, _labels_quality),
    ]
    yield from _judged(context.instance, lake.open(), this, judges)


CHECKS = [predictions_checks, labels_checks]


def _judged(
    instance: dg.DagsterInstance,
    lake: Lake,
    this: Night,
    judges: Iterable[tuple[dg.AssetCheckSpec, Area, Judge]],
) -> Iterator[dg.AssetCheckResult]:
    """Yield each check's result, its figures kept in the lake."""
    for spec, area, judge in judges:
        results = {}
        for day in this.days:
            as_of = max(day, this.as_of)
            figures = judge(lake, this.system, day, as_of)
            asset = spec.asset_key.path[-1]
            write_figures(lake, area, asset, this.system.id, day, as_of, figures)
            results[day] = verdict_of(spec, figures, as_of)
        yield recorded(instance, this, spec, results)


def _intact(lake: Lake, this: Night) -> dg.AssetCheckResult:
    system = this.system
    shares = [
        refused_share(
            lake, system, "predictions", day, lake.read("predictions", system.id, day).num_rows
        )
        for day in this.days
    ]
    files = sum(refused_files(lake, system, "predictions", day) for day in this.days)
    worst_day = max(shares, key=lambda each: each.value or 0.0)
    return dg.AssetCheckResult(
        asset_key=INTACT.asset_key,
        check_name=INTACT.name,
        passed=not files and (worst_day.value or 0.0) <= REFUSED_BREACH,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{worst_day.n_events or 0:,} of {worst_day.n:,} rows and {files} whole files "
        "in quarantine",
        metadata={"n": worst_day.n, "as_of": this.as_of.isoformat()},
    )


def _predictions_integrity(
    hospital: Hospital, lake: Lake, system: System, day: date, as_of: date
) -> Sequence[Figure]:
    closed = closed_days(hospital.calendar, day)
    return predictions_integrity(lake, system, day, as_of, closed)


def _predictions_quality(lake: Lake, system: System, day: date, as_of: date) -> Sequence[Figure]:
    outcomes = validate_predictions(system, lake.read("predictions", system.id, day))
    return quality_figures(outcomes, "predictions", system, day, as_of)


def _labels_quality(lake: Lake, system: System, day: date, as_of: date) -> Sequence[Figure]:
    outcomes = validate_labels(system, lake.read("label_arrivals", system.id, day))
    return quality_figures(outcomes, "labels", system, day, as_of)
