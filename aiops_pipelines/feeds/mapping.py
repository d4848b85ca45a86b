"""Checks a feed's column mapping against what the system needs, before any file is opened."""

from collections.abc import Collection

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds.archive import archive_feed
from aiops_pipelines.portfolio import Feed, System

_PREDICTIONS = ("case_id", "patient_id", "predicted_at", "received_at", "version", "score")
_LABELS = ("case_id", "value", "decided_at", "received_at", "source", "reader", "revision")


def check_prediction_columns(system: System) -> None:
    """Raise FeedError unless all that `system` needs of its predictions is mapped."""
    named = [feature.name for feature in system.features] + list(system.subgroups)
    needed = ["case_id", "score", *named]
    if archive_feed(system.predictions) is None:
        needed.append("predicted_at")
    _check(system.predictions, f"{system.id}: predictions", {*_PREDICTIONS, *named}, needed)


def check_label_columns(system: System) -> None:
    """Raise FeedError unless all that `system` needs of its labels is mapped."""
    needed = ["case_id", "value"]
    if len(system.truth.sources) > 1:
        needed.append("source")
    _check(system.labels, f"{system.id}: labels", set(_LABELS), needed)


def _check(feed: Feed, what: str, known: Collection[str], needed: Collection[str]) -> None:
    unknown = [name for name in feed.columns if name not in known]
    if unknown:
        raise FeedError(
            f"{what}: `columns` names {', '.join(unknown)}, which the system does not have; "
            f"known: {', '.join(sorted(known))}"
        )
    lacking = [name for name in dict.fromkeys(needed) if name not in feed.columns]
    if lacking:
        raise FeedError(f"{what}: `columns` must say which column holds {', '.join(lacking)}")
