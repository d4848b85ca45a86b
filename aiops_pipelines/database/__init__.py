"""The SQL database beside the lake: its engine, its migrations, the base of its tables."""

from aiops_pipelines.database.base import Base, Instant
from aiops_pipelines.database.engine import (
    database_gone,
    migrate,
    open_engine,
    revisions,
    writing,
)

__all__ = ["Base", "Instant", "database_gone", "migrate", "open_engine", "revisions", "writing"]
