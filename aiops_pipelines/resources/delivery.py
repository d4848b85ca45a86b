"""Delivery of reports as a resource: issues in the incident database, their files in a folder."""

from functools import cache
from pathlib import Path

import dagster as dg

from aiops_pipelines.database import migrate, open_engine
from aiops_pipelines.delivery import ReportIssues

DELIVER_TAG = "aiops/deliver"
"""Run tag of schedules: the report is issued. Whoever makes one by hand sends it to nobody."""


class DeliveryResource(dg.ConfigurableResource[None]):
    """The SQLAlchemy URL of the incident database and the folder of issued files."""

    url: str
    folder: str

    def open(self) -> ReportIssues:
        """Return the issues on an up-to-date database."""
        return _opened(self.url, self.folder)


@cache
def _opened(url: str, folder: str) -> ReportIssues:
    engine = open_engine(url)
    migrate(engine)
    return ReportIssues(engine, Path(folder))
