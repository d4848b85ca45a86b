"""From the feeds to the lake: predictions, labels, and the cases they make together."""

from aiops_pipelines.ingestion.ingest import (
    Intake,
    ingest_labels,
    ingest_predictions,
    ingest_scored_cases,
)
from aiops_pipelines.ingestion.late import days_with_new_labels

__all__ = [
    "Intake",
    "days_with_new_labels",
    "ingest_labels",
    "ingest_predictions",
    "ingest_scored_cases",
]
