"""Figures as Dagster's check results: a verdict a check and day.

A breach fails with severity ERROR and opens an incident; a warning, or too few cases to say, fails
with severity WARN.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import dagster as dg

from aiops_pipelines.assets.metadata import figures_table
from aiops_pipelines.assets.night import Night
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.partitions import SYSTEM_DAYS, system_day
from aiops_pipelines.verdict import Verdict, worst


def check_spec(
    asset: str, name: str, description: str, *, blocking: bool = False
) -> dg.AssetCheckSpec:
    """Return the specification of a check on each partition of `asset`."""
    return dg.AssetCheckSpec(
        name,
        asset=asset,
        description=description,
        partitions_def=SYSTEM_DAYS,
        blocking=blocking,
    )


def verdict_of(
    spec: dg.AssetCheckSpec, figures: Sequence[Figure], as_of: date
) -> dg.AssetCheckResult:
    """Return the gravest verdict among one day's figures as the result of the check."""
    verdict = worst(figure.verdict for figure in figures)
    grave = [figure for figure in figures if figure.verdict is verdict]
    judged = sum(figure.verdict is not Verdict.NOT_JUDGED for figure in figures)
    description = f"all within limits, {judged} judged"
    if verdict is not Verdict.OK:
        description = grave[0].reason if grave else "nothing to judge"
    error = verdict is Verdict.BREACH
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
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


def recorded(
    instance: dg.DagsterInstance,
    this: Night,
    spec: dg.AssetCheckSpec,
    results: Mapping[date, dg.AssetCheckResult],
) -> dg.AssetCheckResult:
    """Return the last day's result, for the run; over a range, record each day's by itself.

    Dagster keeps one result without a partition for a run over a range.
    """
    if len(results) > 1:
        for day, result in results.items():
            evaluation = _evaluation(spec, result, system_day(day, this.system.id))
            instance.report_runless_asset_event(evaluation)
    return results[max(results)]


def _evaluation(
    spec: dg.AssetCheckSpec, result: dg.AssetCheckResult, partition: str
) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata=result.metadata,
        partition=partition,
    )
