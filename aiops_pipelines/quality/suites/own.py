"""The expectations that a system's YAML adds to the suite of its task.

Imports Great Expectations, so only import this module where a suite runs.
"""

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from aiops_pipelines.portfolio import System

BLOCKS = "blocks"
"""Key of an expectation's meta: whether its failure stops the system's night."""


def own_expectations(system: System, feed: str) -> list[Expectation]:
    """Return what `system` expects of `feed` ("predictions" or "labels") beyond the suite."""
    found = []
    for entry in system.quality:
        if entry.feed != feed:
            continue
        name = "".join(word.capitalize() for word in entry.expect.split("_"))
        stated = {k: list(v) if isinstance(v, tuple) else v for k, v in entry.stated.items()}
        column = {"column": entry.column} if entry.column else {}
        severity = "warning" if entry.severity == "warn" else "critical"
        meta = {BLOCKS: entry.severity == "block"}
        found.append(getattr(gxe, name)(**column, **stated, severity=severity, meta=meta))
    return found
