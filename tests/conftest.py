"""Settings for all tests: Hypothesis without deadlines, since compiled code warms up once."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# rich keeps the width that COLUMNS gives when a console is made, and pytest-xdist gives one.
os.environ.pop("COLUMNS", None)

settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out tests on real data where it is missing; in CI their absence is an error."""
    if REAL_DATA.is_dir() or os.environ.get("CI") == "true":
        return
    reason = pytest.mark.skip(
        reason=f"no folder {REAL_DATA.name} of published data beside the project"
    )
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(reason)
