"""Lets `python -m aiops_pipelines.cli` stand for the `aiops` command."""

from aiops_pipelines.cli import app

app()
