"""Daily statistics: the mergeable counts from which every window is summed."""

import dagster as dg

from aiops_pipelines.assets.ingest import OWNERS, RANGES, scored_cases
from aiops_pipelines.assets.night import night, show_days
from aiops_pipelines.evaluation.daily import write_daily_statistics
from aiops_pipelines.partitions import SYSTEM_DAYS
from aiops_pipelines.resources import Clock, LakeResource, PortfolioResource


@dg.asset(
    partitions_def=SYSTEM_DAYS,
    backfill_policy=RANGES,
    deps=[scored_cases],
    group_name="statistics",
    owners=OWNERS,
    kinds={"parquet", "numpy"},
)
def daily_statistics(
    context: dg.AssetExecutionContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    clock: Clock,
) -> None:
    """What the day's cases say, as counts: scores by bin and subgroup, features, labels.

    Holds no case. Weeks, months and quarters are sums of these tables; late labels rewrite only
    the days they touch.
    """
    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    counted = write_daily_statistics(lake.open(), this.system, this.days, this.as_of)
    show_days(
        context,
        this.system.id,
        {
            each.day: {
                "n": each.cases,
                "n labelled": each.labelled,
                "n positive": each.positive,
                "rows of counts": each.bins,
                "reference profile": each.profile,
            }
            for each in counted
        },
    )
