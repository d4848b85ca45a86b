"""The checks of what arrives: whether it came, whole and in usual number, and whether it is sound.

Each check's verdict is also a row in the lake's figures: Dagster shows it, the lake records it.
Only `predictions_intact` blocks, and only its own system's night. The limits of performance,
calibration, drift, bias and SLA are checked by the assets that compute them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import dagster as dg
import pyarrow as pa

from aiops_pipelines.assets.night import Night, night
from aiops_pipelines.assets.verdicts import check_spec, recorded, verdict_of
from aiops_pipelines.evaluation.arrivals import (
    REFUSED_BREACH,
    closed_days,
    most_refused,
    refused_files,
    refused_share,
)
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.integrity import (
    label_delays,
    labels_integrity,
    predictions_integrity,
)
from aiops_pipelines.evaluation.store import write_figures
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Hospital, System
from aiops_pipelines.quality.data_docs import page_path, render_page, write_page
from aiops_pipelines.quality.validation import (
    Expected,
    Validation,
    quality_figures,
    validate_labels,
    validate_predictions,
)
from aiops_pipelines.resources import Clock, LakeResource, PortfolioResource, ReportsResource

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
    reports: ReportsResource,
    clock: Clock,
) -> Iterator[dg.AssetCheckResult]:
    """Judge the day's predictions: readable, arrived, sound."""
    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    held = lake.open()
    suites = _Suites(held, this, "predictions", reports)
    integrity = partial(_predictions_integrity, this.hospital)
    yield _intact(held, this, suites)
    yield _judged(context.instance, held, this, PREDICTIONS_INTEGRITY, Area.INTEGRITY, integrity)
    yield suites.judged(context.instance, PREDICTIONS_QUALITY)


@dg.multi_asset_check(specs=[LABELS_INTEGRITY, LABELS_QUALITY])
def labels_checks(
    context: dg.AssetCheckExecutionContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    reports: ReportsResource,
    clock: Clock,
) -> Iterator[dg.AssetCheckResult]:
    """Judge the labels that arrived on the day."""
    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    held = lake.open()
    suites = _Suites(held, this, "labels", reports)
    yield _judged(context.instance, held, this, LABELS_INTEGRITY, Area.INTEGRITY, _labels_integrity)
    yield suites.judged(context.instance, LABELS_QUALITY)


CHECKS = [predictions_checks, labels_checks]


class _Suites:
    """The suite of one feed on each of a run's days, and the pages made of the results."""

    def __init__(self, lake: Lake, this: Night, feed: str, reports: ReportsResource) -> None:
        validate, table = _SUITES[feed]
        self._lake, self._this, self._feed, self._reports = lake, this, feed, reports
        self._found = {
            day: validate(this.system, lake.read(table, this.system.id, day)) for day in this.days
        }

    @property
    def blocking(self) -> list[Expected]:
        """Return the failed expectations that stop the night."""
        outcomes = (outcome for found in self._found.values() for outcome in found.outcomes)
        return [outcome for outcome in outcomes if outcome.blocks and not outcome.passed]

    def judged(self, instance: dg.DagsterInstance, spec: dg.AssetCheckSpec) -> dg.AssetCheckResult:
        """Return the check's result, each with a link to Great Expectations' page."""

        def judge(_: Lake, system: System, day: date, as_of: date) -> Sequence[Figure]:
            return quality_figures(self._found[day].outcomes, self._feed, system, day, as_of)

        def page(day: date) -> Mapping[str, dg.MetadataValue]:
            if self._found[day].result is None:
                return {}
            path = page_path(Path(self._reports.folder), self._this.system.id, self._feed, day)
            write_page(path, render_page(self._found[day].result))
            return {"data docs": dg.MetadataValue.path(path)}

        return _judged(instance, self._lake, self._this, spec, Area.DATA_QUALITY, judge, page)


_SUITES: Mapping[str, tuple[Callable[[System, pa.Table], Validation], str]] = {
    "predictions": (validate_predictions, "predictions"),
    "labels": (validate_labels, "label_arrivals"),
}


def _judged(
    instance: dg.DagsterInstance,
    lake: Lake,
    this: Night,
    spec: dg.AssetCheckSpec,
    area: Area,
    judge: Judge,
    shown: Callable[[date], Mapping[str, dg.MetadataValue]] = lambda _: {},
) -> dg.AssetCheckResult:
    """Return the check's result, its figures kept in the lake."""
    results = {}
    for day in this.days:
        as_of = max(day, this.as_of)
        figures = judge(lake, this.system, day, as_of)
        asset = spec.asset_key.path[-1]
        write_figures(lake, area, asset, this.system.id, day, as_of, figures)
        found = verdict_of(spec, figures, as_of)
        results[day] = found._replace(metadata={**(found.metadata or {}), **shown(day)})
    return recorded(instance, this, spec, results)


def _intact(lake: Lake, this: Night, suites: _Suites) -> dg.AssetCheckResult:
    system = this.system
    shares = {
        day: refused_share(
            lake, system, "predictions", day, lake.read("predictions", system.id, day).num_rows
        )
        for day in this.days
    }
    lost = {day: refused_files(lake, system, "predictions", day) for day in this.days}
    files = sum(lost.values())
    worst = max(this.days, key=lambda day: (shares[day].value or 0.0, lost[day]))
    worst_day = shares[worst]
    words = f"{worst_day.n_events or 0:,} of {worst_day.n:,} rows and {files} whole files "
    words += f"in quarantine{most_refused(lake, system, 'predictions', worst)}"
    for outcome in suites.blocking:
        words += f"; {outcome.column or 'the table'}: {outcome.rule} {outcome.expectation} fails"
    return dg.AssetCheckResult(
        asset_key=INTACT.asset_key,
        check_name=INTACT.name,
        passed=not files and not suites.blocking and (worst_day.value or 0.0) <= REFUSED_BREACH,
        severity=dg.AssetCheckSeverity.ERROR,
        description=words,
        metadata={"n": worst_day.n, "as_of": this.as_of.isoformat()},
    )


def _predictions_integrity(
    hospital: Hospital, lake: Lake, system: System, day: date, as_of: date
) -> Sequence[Figure]:
    closed = closed_days(hospital.calendar, day)
    return predictions_integrity(lake, system, day, as_of, closed)


def _labels_integrity(lake: Lake, system: System, day: date, as_of: date) -> Sequence[Figure]:
    arrived = labels_integrity(lake, system, day, as_of)
    return arrived + label_delays(lake, system, day, as_of)
