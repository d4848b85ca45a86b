"""From results to pages: view models, charts, dashboard, quarterly report, evidence packs."""

from aiops_pipelines.reports.charts import trend_markdown_image
from aiops_pipelines.reports.dashboard import render_dashboard
from aiops_pipelines.reports.evidence import off_clauses, render_pack, too_near
from aiops_pipelines.reports.finished import (
    evidence_file,
    finished_evidence,
    finished_morning,
    finished_quarter,
    quarterly_file,
)
from aiops_pipelines.reports.index_page import render_index, written_days
from aiops_pipelines.reports.links import Links
from aiops_pipelines.reports.quarterly import render_quarterly
from aiops_pipelines.reports.site import dashboard_pages
from aiops_pipelines.reports.system_page import render_system_page

__all__ = [
    "Links",
    "dashboard_pages",
    "evidence_file",
    "finished_evidence",
    "finished_morning",
    "finished_quarter",
    "off_clauses",
    "quarterly_file",
    "render_dashboard",
    "render_index",
    "render_pack",
    "render_quarterly",
    "render_system_page",
    "too_near",
    "trend_markdown_image",
    "written_days",
]
