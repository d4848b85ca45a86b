"""From the feeds to the lake: predictions, labels, and the cases they make together."""

from aiops_pipelines.ingestion.ingest import (
    Ingested,
    ingest_labels,
    ingest_predictions,
    ingest_scored_cases,
)
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.ingestion.late import days_with_new_labels, spans

__all__ = [
    "Ingested",
    "Intake",
    "days_with_new_labels",
    "ingest_labels",
    "ingest_predictions",
    "ingest_scored_cases",
    "spans",
]
