"""The `aiops` command: validate, simulate, run, ask for the status, work the incident queue."""

# The modules of commands put them into the groups of `app` when they are imported.
from aiops_pipelines.cli import (
    audit,
    contracts,
    demo,
    doctor,
    feeds,
    incident_steps,
    incidents,
    nights,
    portfolio,
    quarantine,
    reports,
    status,
)
from aiops_pipelines.cli.app import app

__all__ = [
    "app",
    "audit",
    "contracts",
    "demo",
    "doctor",
    "feeds",
    "incident_steps",
    "incidents",
    "nights",
    "portfolio",
    "quarantine",
    "reports",
    "status",
]
