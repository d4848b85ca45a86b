"""The folder of finished pages and reports; files are written whole or not at all."""

from pathlib import Path

import dagster as dg

from aiops_pipelines.atomic import write_file


class ReportsResource(dg.ConfigurableResource[None]):
    """Where dashboards and reports are put, and the addresses that pages link to ("": none)."""

    folder: str
    dagster_url: str = ""
    incidents_url: str = ""

    def path(self, name: str) -> Path:
        """Return where the file of this name is."""
        return Path(self.folder) / name

    def write(self, name: str, content: bytes) -> Path:
        """Write one file below the folder, atomically, and return its path."""
        return write_file(self.path(name), content)
