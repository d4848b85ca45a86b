"""Opens incidents from failed checks and unfinished nights, exactly once; records recoveries."""

import dagster as dg

from aiops_pipelines.resources import IncidentDeskResource, LakeResource, PortfolioResource
from aiops_pipelines.sensors.finished_nights import record_finished_nights
from aiops_pipelines.sensors.outcomes import record_new_outcomes


@dg.sensor(minimum_interval_seconds=60)
def open_incidents(
    context: dg.SensorEvaluationContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    incident_desk: IncidentDeskResource,
) -> dg.SkipReason:
    """Read new check evaluations and bring the incident queue up to date."""
    desk, book = incident_desk.open(), portfolio.read()
    changes = record_new_outcomes(context.instance, desk, book, lake.open())
    changes += record_finished_nights(context.instance, desk, book)
    return dg.SkipReason(f"{len(changes)} changes at the incident desk; no run is needed")
