"""What starts by itself: night, morning, quarter, late labels, incidents, new systems."""

from aiops_pipelines.sensors.incidents import open_incidents
from aiops_pipelines.sensors.late_labels import late_labels
from aiops_pipelines.sensors.portfolio import portfolio_changes
from aiops_pipelines.sensors.schedules import morning, nightly, quarterly

SCHEDULES = [nightly, morning, quarterly]
SENSORS = [open_incidents, late_labels, portfolio_changes]

__all__ = ["SCHEDULES", "SENSORS"]
