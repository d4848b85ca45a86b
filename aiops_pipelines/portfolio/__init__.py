"""The inventory: which AI systems the hospital runs, on whose word, under which limits."""

from aiops_pipelines.portfolio.contract import (
    Claim,
    Clause,
    Contract,
    Remedy,
    ServiceClause,
)
from aiops_pipelines.portfolio.entry import Adjudication, LabelRule, ReferencePeriod, Stage
from aiops_pipelines.portfolio.expectation import Expectation
from aiops_pipelines.portfolio.feed import (
    CsvFeed,
    DayRule,
    DicomSrFeed,
    Feed,
    FeedBase,
    FhirFeed,
    FileFeed,
    Hl7Feed,
    ParquetFeed,
    SqlFeed,
    TableFeed,
)
from aiops_pipelines.portfolio.hospital import Hospital, Portfolio
from aiops_pipelines.portfolio.limit import Limit
from aiops_pipelines.portfolio.loader import load_hospital, load_portfolio, read_portfolio
from aiops_pipelines.portfolio.notifications import Channel, Notifications, QuietHours
from aiops_pipelines.portfolio.output import Feature, OperatingPoint, Output, Task
from aiops_pipelines.portfolio.report_delivery import ReportDelivery
from aiops_pipelines.portfolio.risk import RiskTier
from aiops_pipelines.portfolio.system import System
from aiops_pipelines.portfolio.vocabulary import METRICS, RATES, Area, Metric

__all__ = [
    "METRICS",
    "RATES",
    "Adjudication",
    "Area",
    "Channel",
    "Claim",
    "Clause",
    "Contract",
    "CsvFeed",
    "DayRule",
    "DicomSrFeed",
    "Expectation",
    "Feature",
    "Feed",
    "FeedBase",
    "FhirFeed",
    "FileFeed",
    "Hl7Feed",
    "Hospital",
    "LabelRule",
    "Limit",
    "Metric",
    "Notifications",
    "OperatingPoint",
    "Output",
    "ParquetFeed",
    "Portfolio",
    "QuietHours",
    "ReferencePeriod",
    "Remedy",
    "ReportDelivery",
    "RiskTier",
    "ServiceClause",
    "SqlFeed",
    "Stage",
    "System",
    "TableFeed",
    "Task",
    "load_hospital",
    "load_portfolio",
    "read_portfolio",
]
