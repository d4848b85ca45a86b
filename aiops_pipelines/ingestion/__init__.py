"""From the feeds to the lake: predictions, labels, and the cases they make together."""

from aiops_pipelines.ingestion.ingest import (
    Ingested,
    ingest_labels,
    ingest_predictions,
    ingest_scored_cases,
)
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.ingestion.late import (
    Recount,
    days_with_new_labels,
    days_with_new_predictions,
    recounts,
    spans,
)

__all__ = [
    "Ingested",
    "Intake",
    "Recount",
    "days_with_new_labels",
    "days_with_new_predictions",
    "ingest_labels",
    "ingest_predictions",
    "ingest_scored_cases",
    "recounts",
    "spans",
]
