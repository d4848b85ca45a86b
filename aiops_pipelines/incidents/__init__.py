"""The incident desk: what failed, how grave it is, who has it, when it is due, what happened."""

from aiops_pipelines.incidents.desk import IncidentDesk
from aiops_pipelines.incidents.outcome import CheckOutcome, Entry, Incident, IncidentChange
from aiops_pipelines.incidents.severity import Severity, severity_of

__all__ = [
    "CheckOutcome",
    "Entry",
    "Incident",
    "IncidentChange",
    "IncidentDesk",
    "Severity",
    "severity_of",
]
