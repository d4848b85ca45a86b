"""The jobs: a system's night, its history, a restatement, the morning, the quarter, evidence.

All run in one process: starting a process a step costs more than the steps.
"""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from aiops_pipelines.assets.evaluation import bias, calibration, drift, performance, sla_evaluation
from aiops_pipelines.assets.ingest import labels, predictions, scored_cases
from aiops_pipelines.assets.reports import evidence_pack, morning_dashboard, quarterly_report
from aiops_pipelines.assets.statistics import daily_statistics

_INGEST = [predictions, labels, scored_cases, daily_statistics]
_EVALUATION = [performance, calibration, drift, bias, sla_evaluation]


def _job(
    name: str, description: str, assets: list[dg.AssetsDefinition], checks: bool
) -> UnresolvedAssetJobDefinition:
    selection: dg.AssetSelection = dg.AssetSelection.assets(*assets)
    if not checks:
        selection = selection.without_checks()
    return dg.define_asset_job(
        name, selection, description=description, executor_def=dg.in_process_executor
    )


NIGHT = _job("night", "A system's whole night, with all checks.", _INGEST + _EVALUATION, True)
HISTORY = _job("history", "Past days' data and statistics, many days a run.", _INGEST, False)
RESTATEMENT = _job(
    "restatement", "Days that late labels touch, recounted.", _INGEST[1:], checks=False
)
LATE_PREDICTIONS = dg.define_asset_job(
    "late_predictions",
    dg.AssetSelection.assets(*_INGEST).without_checks()
    | dg.AssetSelection.checks_for_assets(predictions),
    description="A day whose predictions came or changed after it was counted: read, checked, "
    "and counted anew.",
    executor_def=dg.in_process_executor,
)
MORNING = _job("morning", "The morning dashboard.", [morning_dashboard], False)
QUARTER = _job("quarter", "The quarterly portfolio report.", [quarterly_report], False)
EVIDENCE = _job("evidence", "Evidence packs on a system's clauses.", [evidence_pack], False)
JOBS = [NIGHT, HISTORY, RESTATEMENT, LATE_PREDICTIONS, MORNING, QUARTER, EVIDENCE]
