"""Where a page's links lead: to its neighbours, to Dagster, to the incident desk."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that a page may link to; an empty one leaves the link out.

    `dagster` and `incidents` are base URLs (`http://host:3000`, `https://desk/incidents`); the
    pages of one day lie in one folder named by the day, `index` is the way up from there.
    """

    dagster: str = ""
    incidents: str = ""
    index: str = "../index.html"

    def dashboard(self) -> str:
        """Return the day's dashboard, seen from a system's page."""
        return "index.html"

    def system_page(self, system: str) -> str:
        """Return a system's page, seen from the day's dashboard."""
        return f"{system}.html"

    def asset(self, name: str, day: date, system: str) -> str:
        """Return the asset's partition in the Dagster UI, "" without one."""
        if not self.dagster:
            return ""
        partition = quote(f"{day.isoformat()}|{system}", safe="")
        return f"{self.dagster.rstrip('/')}/assets/{quote(name)}?partition={partition}"

    def incident(self, incident_id: str) -> str:
        """Return the incident's page at the desk, "" without one."""
        return f"{self.incidents.rstrip('/')}/{quote(incident_id)}" if self.incidents else ""

    def told(self, incident_id: str, system: str) -> str:
        """Return where a dashboard's reader finds the incident: at the desk, else on its page."""
        return self.incident(incident_id) or f"{self.system_page(system)}#{quote(incident_id)}"
