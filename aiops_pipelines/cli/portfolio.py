"""`aiops portfolio`: check and list the inventory."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from aiops_pipelines.cli.app import console, portfolio_app, told
from aiops_pipelines.portfolio import load_portfolio
from aiops_pipelines.settings import Settings


@portfolio_app.command()
@told
def validate(
    folder: Annotated[
        Path | None, typer.Argument(help="The portfolio's folder; default: AIOPS_PORTFOLIO.")
    ] = None,
) -> None:
    """Check hospital.yaml and every system's YAML; name file, line and field of each problem."""
    book = load_portfolio(folder or Settings.from_environment().portfolio)
    table = Table(title=f"{book.hospital.name}: {len(book.systems)} AI systems, all valid")
    table.add_column("system", no_wrap=True)
    for heading in ("vendor", "stage", "risk tier", "output", "limits", "clauses"):
        table.add_column(heading)
    for system in book.systems:
        table.add_row(
            system.id,
            system.vendor.name,
            system.lifecycle.stage,
            f"{system.tier.value} {system.tier.name.lower()}",
            system.output.task,
            str(len(system.limits)),
            str(len(system.contract.clauses) if system.contract else 0),
        )
    console.print(table)
