"""What starts by itself: nights, reports, late labels, new systems, the incident desk."""

from aiops_pipelines.sensors.desk import deliver_messages, escalate_incidents, safety_events
from aiops_pipelines.sensors.incidents import open_incidents
from aiops_pipelines.sensors.late_labels import late_labels
from aiops_pipelines.sensors.portfolio import portfolio_changes
from aiops_pipelines.sensors.schedules import morning, nightly, quarterly

SCHEDULES = [nightly, morning, quarterly]
SENSORS = [
    open_incidents,
    safety_events,
    escalate_incidents,
    deliver_messages,
    late_labels,
    portfolio_changes,
]

__all__ = ["SCHEDULES", "SENSORS"]
