"""The hospital's drops as a resource, with the key that pseudonymises what enters."""

import dagster as dg
from upath import UPath

from aiops_pipelines.feeds import Pseudonymiser
from aiops_pipelines.ingestion import Intake
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Hospital
from aiops_pipelines.settings import Settings, pseudonym_key_environment


class FeedsResource(dg.ConfigurableResource[None]):
    """The folder (or object store) in which the systems' files arrive."""

    root: str

    def intake(self, lake: Lake, hospital: Hospital) -> Intake:
        """Return what ingestion needs; ConfigurationError without a pseudonymisation key."""
        environment = pseudonym_key_environment(Settings.from_environment())
        pseudonym = Pseudonymiser.from_environment(environment)
        return Intake(lake, UPath(self.root), pseudonym, hospital.zone)
