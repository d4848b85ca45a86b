"""Alembic migrations of the incident desk, shipped with the package."""
