"""The incident desk as a resource; its database is migrated when it is first opened."""

from functools import cache

import dagster as dg

from aiops_pipelines.incidents import IncidentDesk


class IncidentDeskResource(dg.ConfigurableResource[None]):
    """The SQLAlchemy URL of the incident database, and the folder where reports are dropped."""

    url: str
    safety_events: str = ""

    def open(self) -> IncidentDesk:
        """Return the desk on an up-to-date database."""
        return _opened(self.url)


@cache
def _opened(url: str) -> IncidentDesk:
    desk = IncidentDesk(url)
    desk.migrate()
    return desk
