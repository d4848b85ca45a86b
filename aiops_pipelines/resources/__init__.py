"""What assets are given: portfolio, lake, feeds, incident desk, reports and delivery, clock."""

from aiops_pipelines.resources.clock import AS_OF_TAG, Clock
from aiops_pipelines.resources.delivery import DELIVER_TAG, DeliveryResource
from aiops_pipelines.resources.feeds import FeedsResource
from aiops_pipelines.resources.incidents import IncidentDeskResource
from aiops_pipelines.resources.lake import LakeResource
from aiops_pipelines.resources.portfolio import PortfolioResource
from aiops_pipelines.resources.reports import ReportsResource

__all__ = [
    "AS_OF_TAG",
    "DELIVER_TAG",
    "Clock",
    "DeliveryResource",
    "FeedsResource",
    "IncidentDeskResource",
    "LakeResource",
    "PortfolioResource",
    "ReportsResource",
]
