"""Reading predictions and labels as they arrive: files in drops or archives, and SQL views.

What comes out is typed and under pseudonyms; what breaks a rule is in quarantine with file, row,
rule and a masked value; a feed that can't be read at all is a `FeedError`.
"""

from aiops_pipelines.feeds.arrivals import day_drops, deliveries, replaces
from aiops_pipelines.feeds.batch import PROVENANCE, FeedBatch, FileRead, quarantine_rows
from aiops_pipelines.feeds.content import Watch
from aiops_pipelines.feeds.drops import Drop
from aiops_pipelines.feeds.gather import with_earlier
from aiops_pipelines.feeds.labels import label_arrivals, read_labels
from aiops_pipelines.feeds.predictions import (
    prediction_arrivals,
    prediction_shape,
    read_predictions,
)
from aiops_pipelines.feeds.pseudonym import Pseudonymiser
from aiops_pipelines.feeds.rules import CELL_RULES, EXPECTED_RULES, FILE_RULES, Rule

__all__ = [
    "CELL_RULES",
    "EXPECTED_RULES",
    "FILE_RULES",
    "PROVENANCE",
    "Drop",
    "FeedBatch",
    "FileRead",
    "Pseudonymiser",
    "Rule",
    "Watch",
    "day_drops",
    "deliveries",
    "label_arrivals",
    "prediction_arrivals",
    "prediction_shape",
    "quarantine_rows",
    "read_labels",
    "read_predictions",
    "replaces",
    "with_earlier",
]
