"""Figures with verdicts, an area an asset: performance, calibration, drift, bias, SLA."""

from collections.abc import Iterator, Sequence
from datetime import date
from inspect import cleandoc

import dagster as dg

from aiops_pipelines.assets.ingest import OWNERS, RANGES
from aiops_pipelines.assets.metadata import explanations_list, figures_table, rates_table, trend
from aiops_pipelines.assets.night import Night, night, show_days
from aiops_pipelines.assets.statistics import daily_statistics
from aiops_pipelines.assets.verdicts import check_spec, recorded, verdict_of
from aiops_pipelines.contracts.evaluation import evaluate_contract
from aiops_pipelines.evaluation.areas import evaluate
from aiops_pipelines.evaluation.explanation import latest_explanations
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.evaluation.subgroups import furthest_pairs, latest_subgroups
from aiops_pipelines.ingestion.service import ingest_service_events
from aiops_pipelines.partitions import SYSTEM_DAYS
from aiops_pipelines.portfolio import Area
from aiops_pipelines.resources import Clock, FeedsResource, LakeResource, PortfolioResource
from aiops_pipelines.verdict import worst

TRAILING_DAYS = 90
PAIRS_SHOWN = 10

_TRAILING = dg.MultiPartitionMapping(
    {
        "day": dg.DimensionPartitionMapping(
            "day",
            dg.TimeWindowPartitionMapping(
                start_offset=1 - TRAILING_DAYS, allow_nonexistent_upstream_partitions=True
            ),
        ),
        "system": dg.DimensionPartitionMapping("system", dg.IdentityPartitionMapping()),
    }
)

_DESCRIPTIONS = {
    Area.PERFORMANCE: """How right the system is, on days whose labels are complete enough.

    For the days since, an estimate from the scores alone, drawn apart; it is blind to concept
    shift. Each figure has its interval, its n and a verdict against the portfolio's limits.""",
    Area.CALIBRATION: """Whether the scores mean what they say: observed against expected.""",
    Area.DRIFT: """How far inputs and scores have moved from the frozen reference profile.

    PSI has its null expectation taken off, so that small days don't cry wolf.""",
    Area.BIAS: """Gaps of each subgroup against the rest, with intervals that hold together.""",
    Area.SLA: """Each clause of the vendor's contract: met, in doubt or breached, on evidence.""",
}


def _area_asset(area: Area, upstream: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    table = TABLES[area]
    limits = check_spec(table, f"{table}_limits", f"Each {area} figure against its limit.")

    @dg.asset(
        name=table,
        description=cleandoc(_DESCRIPTIONS[area]),
        partitions_def=SYSTEM_DAYS,
        backfill_policy=RANGES,
        deps=[dg.AssetDep(daily_statistics, partition_mapping=_TRAILING), *upstream],
        group_name="evaluation",
        owners=OWNERS,
        kinds={"parquet", "numpy"},
        check_specs=[limits],
    )
    def area_figures(
        context: dg.AssetExecutionContext,
        portfolio: PortfolioResource,
        lake: LakeResource,
        feeds: FeedsResource,
        clock: Clock,
    ) -> Iterator[dg.MaterializeResult[None]]:
        this = night(context.partition_keys, context.run.tags, portfolio, clock)
        shown, results = {}, {}
        for day in this.days:
            as_of = max(day, this.as_of)
            figures = _evaluated(area, lake, feeds, this, day, as_of)
            shown[day] = _metadata(lake, area, this.system.id, day, figures)
            results[day] = verdict_of(limits, figures, as_of)
        show_days(context, this.system.id, shown)
        yield dg.MaterializeResult(
            check_results=[recorded(context.instance, this, limits, results)]
        )

    return area_figures


def _evaluated(
    area: Area, lake: LakeResource, feeds: FeedsResource, this: Night, day: date, as_of: date
) -> list[Figure]:
    if area is not Area.SLA:
        return evaluate(area, lake.open(), this.system, day, as_of)
    ingest_service_events(feeds.intake(lake.open(), this.hospital), this.system, day)
    return evaluate_contract(lake.open(), this.hospital.calendar, this.system, day, as_of)


def _metadata(
    lake: LakeResource, area: Area, system: str, day: date, figures: Sequence[Figure]
) -> dict[str, dg.MetadataValue]:
    shown: dict[str, dg.MetadataValue] = {
        "verdict": dg.MetadataValue.text(worst(figure.verdict for figure in figures).value),
        "n": dg.MetadataValue.int(max((figure.n for figure in figures), default=0)),
        "figures": figures_table(figures),
    }
    if area is Area.PERFORMANCE:
        why = latest_explanations(lake.open(), system, day)
        if why:
            shown["why"] = explanations_list(why)
    if area is Area.BIAS:
        pairs = furthest_pairs(latest_subgroups(lake.open(), system, day), PAIRS_SHOWN)
        shown["pairs of subgroups furthest from the others"] = rates_table(pairs)
    image = trend(lake.open(), area, system, day)
    return shown | ({"trend": image} if image else {})


performance = _area_asset(Area.PERFORMANCE, [])
calibration = _area_asset(Area.CALIBRATION, [])
drift = _area_asset(Area.DRIFT, [])
bias = _area_asset(Area.BIAS, [])
sla_evaluation = _area_asset(Area.SLA, [performance])
