"""The quarterly portfolio report: gathering, decisions, sections, sheets, appendix."""

from aiops_pipelines.reports.quarterly.report import render_quarterly

__all__ = ["render_quarterly"]
