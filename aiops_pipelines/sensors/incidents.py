"""Opens incidents from failed checks, exactly once, and records recoveries."""

import dagster as dg

from aiops_pipelines.resources import IncidentDeskResource, LakeResource, PortfolioResource
from aiops_pipelines.sensors.outcomes import record_new_outcomes


@dg.sensor(minimum_interval_seconds=60)
def open_incidents(
    context: dg.SensorEvaluationContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    incident_desk: IncidentDeskResource,
) -> dg.SkipReason:
    """Read new check evaluations and bring the incident queue up to date."""
    changes = record_new_outcomes(
        context.instance, incident_desk.open(), portfolio.read(), lake.open()
    )
    return dg.SkipReason(f"{len(changes)} changes at the incident desk; no run is needed")
