"""All that Dagster loads: assets, checks, jobs, schedules, sensors and what they are given."""

import dagster as dg

from aiops_pipelines.assets.evaluation import bias, calibration, drift, performance, sla_evaluation
from aiops_pipelines.assets.ingest import labels, predictions, scored_cases
from aiops_pipelines.assets.reports import evidence_pack, morning_dashboard, quarterly_report
from aiops_pipelines.assets.statistics import daily_statistics
from aiops_pipelines.jobs import JOBS
from aiops_pipelines.quality.checks import CHECKS
from aiops_pipelines.resources import (
    Clock,
    DeliveryResource,
    FeedsResource,
    IncidentDeskResource,
    LakeResource,
    PortfolioResource,
    ReportsResource,
)
from aiops_pipelines.sensors import SCHEDULES, SENSORS
from aiops_pipelines.settings import Settings

settings = Settings.from_environment()

defs = dg.Definitions(
    assets=[
        predictions,
        labels,
        scored_cases,
        daily_statistics,
        performance,
        calibration,
        drift,
        bias,
        sla_evaluation,
        morning_dashboard,
        quarterly_report,
        evidence_pack,
    ],
    asset_checks=CHECKS,
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=SENSORS,
    resources={
        "portfolio": PortfolioResource(folder=str(settings.portfolio)),
        "feeds": FeedsResource(root=str(settings.feeds)),
        "lake": LakeResource(root=str(settings.lake)),
        "incident_desk": IncidentDeskResource(
            url=settings.incidents_url, safety_events=str(settings.safety_events)
        ),
        "reports": ReportsResource(
            folder=str(settings.reports),
            dagster_url=settings.dagster_link,
            incidents_url=settings.incidents_link,
        ),
        "delivery": DeliveryResource(
            url=settings.incidents_url, folder=str(settings.reports / "issued")
        ),
        "clock": Clock(),
    },
)
