"""Predictions and labels as they arrived, and the cases they make together."""

from collections.abc import Iterable

import dagster as dg

from aiops_pipelines.assets.night import night, show_days
from aiops_pipelines.ingestion import (
    Ingested,
    ingest_labels,
    ingest_predictions,
    ingest_scored_cases,
)
from aiops_pipelines.partitions import SYSTEM_DAYS
from aiops_pipelines.resources import Clock, FeedsResource, LakeResource, PortfolioResource

RANGES = dg.BackfillPolicy.multi_run(max_partitions_per_run=366)
OWNERS = ["team:ai-operations"]


@dg.asset(
    partitions_def=SYSTEM_DAYS,
    backfill_policy=RANGES,
    group_name="ingest",
    owners=OWNERS,
    kinds={"csv", "parquet"},
)
def predictions(
    context: dg.AssetExecutionContext,
    portfolio: PortfolioResource,
    feeds: FeedsResource,
    lake: LakeResource,
    clock: Clock,
) -> None:
    """What the AI system said about each case of the day, with its inputs.

    Identifiers are pseudonyms; columns that the portfolio does not name were dropped at the door;
    rows that break a rule stand in quarantine with file, row and rule.
    """
    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    intake = feeds.intake(lake.open(), this.hospital)
    _show(context, this.system.id, ingest_predictions(intake, this.system, this.days, this.as_of))


@dg.asset(
    partitions_def=SYSTEM_DAYS,
    backfill_policy=RANGES,
    deps=[predictions],
    group_name="ingest",
    owners=OWNERS,
    kinds={"csv", "parquet"},
)
def labels(
    context: dg.AssetExecutionContext,
    portfolio: PortfolioResource,
    feeds: FeedsResource,
    lake: LakeResource,
    clock: Clock,
) -> None:
    """What turned out to be true for the day's cases, as far as it is known: every revision.

    Labels come late. When more arrive, the late-label sensor materializes just the days they touch.
    """
    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    intake = feeds.intake(lake.open(), this.hospital)
    _show(context, this.system.id, ingest_labels(intake, this.system, this.days, this.as_of))


@dg.asset(
    partitions_def=SYSTEM_DAYS,
    backfill_policy=RANGES,
    deps=[predictions, labels],
    group_name="ingest",
    owners=OWNERS,
    kinds={"parquet"},
)
def scored_cases(
    context: dg.AssetExecutionContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    clock: Clock,
) -> None:
    """Each case of the day with its newest label and the label's state.

    States: pending (none yet), mature, overturned (a later revision says otherwise), censored
    (none came, and none is expected any more).
    """
    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    done = ingest_scored_cases(lake.open(), this.system, this.days, this.as_of)
    _show(context, this.system.id, done)


def _show(context: dg.AssetExecutionContext, system: str, done: Iterable[Ingested]) -> None:
    show_days(
        context,
        system,
        {
            each.day: {"n": each.rows, "quarantined rows": each.quarantined, "files": each.files}
            for each in done
        },
    )
