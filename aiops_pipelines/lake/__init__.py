"""Tables on disk or object store: one Parquet file per table, system and day."""

from aiops_pipelines.lake.store import FileRecord, Lake, as_of

__all__ = ["FileRecord", "Lake", "as_of"]
