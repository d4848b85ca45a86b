"""The portfolio as a resource: read anew for each run, so that an edit counts the same night."""

from pathlib import Path

import dagster as dg

from aiops_pipelines.portfolio import Portfolio, System, read_portfolio


class PortfolioResource(dg.ConfigurableResource[None]):
    """The folder of the portfolio's YAML files."""

    folder: str

    def read(self) -> Portfolio:
        """Return the portfolio with its valid systems; problems of the others stand in it."""
        return read_portfolio(Path(self.folder))

    def system(self, system_id: str) -> System:
        """Return one system; PortfolioError if it is unknown or its file is wrong."""
        return self.read().system(system_id)
