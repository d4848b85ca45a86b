"""Tags by which Dagster's runs are told apart."""

from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

TASK_TAG = "aiops/task"
SYSTEM_TAG = "aiops/system"


def range_tags(start: str, end: str) -> dict[str, str]:
    """Return the tags by which one run works on all partitions from `start` to `end`."""
    if start == end:
        return {}
    return {ASSET_PARTITION_RANGE_START_TAG: start, ASSET_PARTITION_RANGE_END_TAG: end}
