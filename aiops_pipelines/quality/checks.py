"""The asset checks: what arrived, whether it is sound, and whether figures keep their limits.

Each check's verdict is also a row in the lake's figures: Dagster shows it, the lake records it.
A breach fails with severity ERROR and opens an incident; a warning, or too few cases to say, fails
with severity WARN; only `predictions_intact` blocks, and only its own system's night.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import dagster as dg

from aiops_pipelines.assets.evaluation import bias, calibration, drift, performance, sla_evaluation
from aiops_pipelines.assets.ingest import labels, predictions
from aiops_pipelines.assets.metadata import figures_table
from aiops_pipelines.assets.night import Night, night
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.integrity import (
    REFUSED_BREACH,
    labels_integrity,
    predictions_integrity,
    refused_files,
    refused_share,
)
from aiops_pipelines.evaluation.status import latest_figures
from aiops_pipelines.evaluation.store import write_figures
from aiops_pipelines.lake import Lake
from aiops_pipelines.partitions import SYSTEM_DAYS, system_day
from aiops_pipelines.portfolio import Area, System
from aiops_pipelines.quality.validation import (
    quality_figures,
    validate_labels,
    validate_predictions,
)
from aiops_pipelines.resources import Clock, LakeResource, PortfolioResource
from aiops_pipelines.verdict import Verdict, worst

Judge = Callable[[Lake, System, date, date], Sequence[Figure]]


def _check(
    asset: dg.AssetsDefinition, name: str, description: str, judge: Judge
) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=asset, name=name, description=description, partitions_def=SYSTEM_DAYS)
    def check(
        context: dg.AssetCheckExecutionContext,
        portfolio: PortfolioResource,
        lake: LakeResource,
        clock: Clock,
    ) -> dg.AssetCheckResult:
        this = night(context.partition_keys, context.run.tags, portfolio, clock)
        results = list(_by_day(this, lake.open(), judge))
        if len(results) > 1:
            _report_each_day(context, asset.key, name, this, results)
        return results[-1]

    return check


def _by_day(this: Night, lake: Lake, judge: Judge) -> Iterator[dg.AssetCheckResult]:
    for day in this.days:
        as_of = max(day, this.as_of)
        yield _result(judge(lake, this.system, day, as_of), as_of)


def _result(figures: Sequence[Figure], as_of: date) -> dg.AssetCheckResult:
    verdict = worst(figure.verdict for figure in figures)
    grave = [figure for figure in figures if figure.verdict is verdict]
    description = f"{len(figures)} figures within their limits"
    if verdict is not Verdict.OK:
        description = grave[0].reason if grave else "nothing to judge"
    error = verdict is Verdict.BREACH
    return dg.AssetCheckResult(
        passed=verdict is Verdict.OK,
        severity=dg.AssetCheckSeverity.ERROR if error else dg.AssetCheckSeverity.WARN,
        description=description,
        metadata={
            "verdict": verdict.value,
            "as_of": as_of.isoformat(),
            "n": max((figure.n for figure in figures), default=0),
            "figures": figures_table(figures),
        },
    )


def _report_each_day(
    context: dg.AssetCheckExecutionContext,
    asset: dg.AssetKey,
    name: str,
    this: Night,
    results: Sequence[dg.AssetCheckResult],
) -> None:
    """Record each day's verdict: over a range Dagster keeps one result without a partition."""
    for day, result in zip(this.days, results, strict=True):
        context.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=asset,
                check_name=name,
                passed=result.passed,
                severity=result.severity,
                description=result.description,
                metadata=result.metadata,
                partition=system_day(day, this.system.id),
            )
        )


def _recorded(
    area: Area, asset: str, judge: Judge
) -> Callable[[Lake, System, date, date], Sequence[Figure]]:
    """Return `judge` with its figures kept in the lake."""

    def judged(lake: Lake, system: System, day: date, as_of: date) -> Sequence[Figure]:
        figures = judge(lake, system, day, as_of)
        write_figures(lake, area, asset, system.id, day, as_of, figures)
        return figures

    return judged


def _predictions_quality(lake: Lake, system: System, day: date, as_of: date) -> Sequence[Figure]:
    outcomes = validate_predictions(system, lake.read("predictions", system.id, day))
    return quality_figures(outcomes, "predictions", system, day, as_of)


def _labels_quality(lake: Lake, system: System, day: date, as_of: date) -> Sequence[Figure]:
    outcomes = validate_labels(system, lake.read("label_arrivals", system.id, day))
    return quality_figures(outcomes, "labels", system, day, as_of)


def _limits(area: Area) -> Judge:
    return lambda lake, system, day, _: latest_figures(lake, area, system.id, day)


@dg.asset_check(asset=predictions, partitions_def=SYSTEM_DAYS, blocking=True)
def predictions_intact(
    context: dg.AssetCheckExecutionContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    clock: Clock,
) -> dg.AssetCheckResult:
    """Enough of what arrived could be read: else this system's night stops, nobody else's."""
    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    store, system = lake.open(), this.system
    shares = [
        refused_share(
            store, system, "predictions", day, store.read("predictions", system.id, day).num_rows
        )
        for day in this.days
    ]
    files = sum(refused_files(store, system, "predictions", day) for day in this.days)
    worst_day = max(shares, key=lambda each: each.value or 0.0)
    return dg.AssetCheckResult(
        passed=not files and (worst_day.value or 0.0) <= REFUSED_BREACH,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{worst_day.n_events or 0:,} of {worst_day.n:,} rows and {files} whole files "
        "in quarantine",
        metadata={"n": worst_day.n, "as_of": this.as_of.isoformat()},
    )


predictions_integrity_check = _check(
    predictions,
    "predictions_integrity",
    "The day's predictions arrived, in usual number, from the version the portfolio names.",
    _recorded(Area.INTEGRITY, "predictions", predictions_integrity),
)
labels_integrity_check = _check(
    labels,
    "labels_integrity",
    "Labels keep arriving, from the sources agreed on, for cases that are known.",
    _recorded(Area.INTEGRITY, "labels", labels_integrity),
)
predictions_quality = _check(
    predictions,
    "predictions_quality",
    "Great Expectations: types, ranges, value sets, uniqueness and missingness of predictions.",
    _recorded(Area.DATA_QUALITY, "predictions", _predictions_quality),
)
labels_quality = _check(
    labels,
    "labels_quality",
    "Great Expectations: the labels received on the day, for whichever cases.",
    _recorded(Area.DATA_QUALITY, "labels", _labels_quality),
)
limit_checks = [
    _check(
        asset,
        f"{asset.key.path[-1]}_limits",
        f"Each {area} figure against its limit.",
        _limits(area),
    )
    for area, asset in (
        (Area.PERFORMANCE, performance),
        (Area.CALIBRATION, calibration),
        (Area.DRIFT, drift),
        (Area.BIAS, bias),
        (Area.SLA, sla_evaluation),
    )
]
CHECKS = [
    predictions_intact,
    predictions_integrity_check,
    predictions_quality,
    labels_integrity_check,
    labels_quality,
    *limit_checks,
]
