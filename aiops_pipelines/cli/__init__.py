"""The `aiops` command: validate, simulate, run, ask for the status, work the incident queue."""

from aiops_pipelines.cli.app import app

__all__ = ["app"]
