"""The evidence pack: what a contract's clause was measured at, shown to its vendor."""

from aiops_pipelines.reports.evidence.gather import off_clauses
from aiops_pipelines.reports.evidence.nearness import too_near
from aiops_pipelines.reports.evidence.report import render_pack

__all__ = ["off_clauses", "render_pack", "too_near"]
