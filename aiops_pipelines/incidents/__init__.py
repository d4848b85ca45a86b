"""The incident desk: what failed, how grave it is, who has it, when it is due, what happened."""

from aiops_pipelines.incidents.audit import Head
from aiops_pipelines.incidents.desk import IncidentDesk, overdue
from aiops_pipelines.incidents.drops import Imported, import_drops, import_file
from aiops_pipelines.incidents.outcome import (
    CheckOutcome,
    Duty,
    Entry,
    Incident,
    IncidentChange,
    Restriction,
    Who,
)
from aiops_pipelines.incidents.report import SafetyReport, read_reports
from aiops_pipelines.incidents.roster import Roster
from aiops_pipelines.incidents.severity import Severity, severity_of
from aiops_pipelines.incidents.status import ENDED, STEPS, Status

__all__ = [
    "ENDED",
    "STEPS",
    "CheckOutcome",
    "Duty",
    "Entry",
    "Head",
    "Imported",
    "Incident",
    "IncidentChange",
    "IncidentDesk",
    "Restriction",
    "Roster",
    "SafetyReport",
    "Severity",
    "Status",
    "Who",
    "import_drops",
    "import_file",
    "overdue",
    "read_reports",
    "severity_of",
]
