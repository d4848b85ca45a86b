"""The lake as a resource; runs in one process share its cache."""

from functools import cache

import dagster as dg
from upath import UPath

from aiops_pipelines.lake import Lake


class LakeResource(dg.ConfigurableResource[None]):
    """The root of the lake: a folder, or the URL of an object store."""

    root: str

    def open(self) -> Lake:
        """Return the lake."""
        return _opened(self.root)


@cache
def _opened(root: str) -> Lake:
    return Lake(UPath(root))
