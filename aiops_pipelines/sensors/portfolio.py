"""Keeps the partitions in step with the portfolio: a new YAML file is a new system."""

import dagster as dg

from aiops_pipelines.partitions import SYSTEMS
from aiops_pipelines.portfolio import Portfolio
from aiops_pipelines.resources import PortfolioResource


def add_systems(instance: dg.DagsterInstance, portfolio: Portfolio) -> list[str]:
    """Add a partition for each monitored system that has none; return the new ones."""
    known = set(instance.get_dynamic_partitions(str(SYSTEMS.name)))
    new = [system.id for system in portfolio.monitored if system.id not in known]
    if new:
        instance.add_dynamic_partitions(str(SYSTEMS.name), new)
    return new


@dg.sensor(minimum_interval_seconds=300)
def portfolio_changes(
    context: dg.SensorEvaluationContext, portfolio: PortfolioResource
) -> dg.SkipReason:
    """Add partitions for new systems; say which entries of the portfolio are wrong."""
    book = portfolio.read()
    for problem in book.problems:
        context.log.error(problem)
    new = add_systems(context.instance, book)
    return dg.SkipReason(f"new systems: {', '.join(new) or 'none'}; problems: {len(book.problems)}")
