"""What assets are given: the portfolio, the lake, the feeds, the incident desk, the clock."""

from aiops_pipelines.resources.clock import AS_OF_TAG, Clock
from aiops_pipelines.resources.feeds import FeedsResource
from aiops_pipelines.resources.incidents import IncidentDeskResource
from aiops_pipelines.resources.lake import LakeResource
from aiops_pipelines.resources.portfolio import PortfolioResource
from aiops_pipelines.resources.reports import ReportsResource

__all__ = [
    "AS_OF_TAG",
    "Clock",
    "FeedsResource",
    "IncidentDeskResource",
    "LakeResource",
    "PortfolioResource",
    "ReportsResource",
]
