"""What all commands share: the groups they belong to, and errors that say what to do."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console

from aiops_pipelines.errors import AiopsError

P = ParamSpec("P")
R = TypeVar("R")

app = typer.Typer(
    name="aiops",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Watch over every AI system of a hospital.

Start with `aiops demo`, then ask `aiops status`. Everything is kept in one folder: `AIOPS_HOME`,
by default `./var`.""",
)
portfolio_app = typer.Typer(no_args_is_help=True, help="The inventory of AI systems.")
incidents_app = typer.Typer(no_args_is_help=True, help="The incident queue.")
reports_app = typer.Typer(no_args_is_help=True, help="The reports that were sent.")
contracts_app = typer.Typer(no_args_is_help=True, help="Contracts with vendors.")
feeds_app = typer.Typer(no_args_is_help=True, help="What arrives: try a feed, make a profile.")
quarantine_app = typer.Typer(no_args_is_help=True, help="What was refused, and letting it in.")
app.add_typer(feeds_app, name="feeds")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(portfolio_app, name="portfolio")
app.add_typer(contracts_app, name="contracts")
app.add_typer(incidents_app, name="incidents")
app.add_typer(reports_app, name="reports")
audit_app = typer.Typer(no_args_is_help=True, help="The record of the incident desk.")
deliveries_app = typer.Typer(no_args_is_help=True, help="Messages that were sent, or not.")
app.add_typer(audit_app, name="audit")
app.add_typer(deliveries_app, name="deliveries")

console = Console()
errors = Console(stderr=True)


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our own errors, and a database that is gone, into a message and exit code 1.

    The others show.
    """

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except AiopsError as error:
            _refuse(str(error))
        except Exception as error:
            # Imported late: most commands need no database, and --help need not wait for it.
            from aiops_pipelines.database import database_gone

            if (gone := database_gone(error)) is None:
                raise
            _refuse(f"{gone}; run it again once it does")

    return guarded


def _refuse(reason: str) -> NoReturn:
    errors.print(reason, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(1)
