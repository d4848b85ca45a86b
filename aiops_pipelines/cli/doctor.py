"""`aiops doctor`: what is missing or misconfigured, and what to do about it."""

import os
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path, PurePosixPath

import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from aiops_pipelines.cli.app import app, console, told
from aiops_pipelines.database import database_gone, open_engine, revisions
from aiops_pipelines.errors import AiopsError, ConfigurationError, DeliveryError, IncidentError
from aiops_pipelines.incidents import IncidentDesk
from aiops_pipelines.portfolio import FileFeed, load_hospital, load_portfolio
from aiops_pipelines.settings import PSEUDONYM_KEY, Settings, pseudonym_key_environment


@app.command()
@told
def doctor() -> None:
    """Check folders, portfolio, key, databases, libraries; exit 1 if anything is wrong."""
    settings = Settings.from_environment()
    table = Table(title="aiops doctor")
    for heading in ("what", "state", "found, or what to do"):
        table.add_column(heading)
    sound = True
    for name, examine in _examinations(settings):
        try:
            state, found = "[green]ok[/]", examine()
        except (AiopsError, OSError, DBAPIError) as error:
            found = database_gone(error) or str(error)
            state, sound = "[red]wrong[/]", False
        table.add_row(name, state, escape(found))
    console.print(table)
    raise typer.Exit(0 if sound else 1)


def _examinations(settings: Settings) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "portfolio (AIOPS_PORTFOLIO)", lambda: _portfolio(settings)
    yield "data folder (AIOPS_HOME)", lambda: _writable(settings.home)
    yield "lake (AIOPS_LAKE)", lambda: _lake(settings)
    yield "feeds (AIOPS_FEEDS)", lambda: _feeds(settings)
    yield f"pseudonymisation key ({PSEUDONYM_KEY})", lambda: _key(settings)
    yield "incident database (AIOPS_INCIDENTS_URL)", lambda: _incidents(settings)
    yield "audit trail", lambda: _audit(settings)
    yield "messages (hospital.yaml, notifications)", lambda: _messages(settings)
    yield "PDF (Pango for WeasyPrint)", _pango


def _portfolio(settings: Settings) -> str:
    book = load_portfolio(settings.portfolio)
    return f"{len(book.systems)} systems in {settings.portfolio}"


def _writable(folder: Path, variable: str = "AIOPS_HOME") -> str:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise PermissionError(f"{folder} can't be written; set {variable} to a folder that can")
    return str(folder)


def _lake(settings: Settings) -> str:
    if settings.lake.protocol not in {"", "file"}:
        settings.lake.exists()
        return f"{settings.lake} answers"
    return _writable(Path(settings.lake.path), "AIOPS_LAKE")


def _feeds(settings: Settings) -> str:
    if not settings.feeds.exists():
        raise FileNotFoundError(
            f"{settings.feeds} does not exist; set AIOPS_FEEDS, or run `aiops demo`"
        )
    lacking = [path for path in _feed_folders(settings) if not (settings.feeds / path).exists()]
    if lacking:
        raise FileNotFoundError(f"not below {settings.feeds}: {', '.join(lacking)}")
    return str(settings.feeds)


def _feed_folders(settings: Settings) -> list[str]:
    """Return where the files of all monitored systems arrive, relative to the feeds' root."""
    feeds = [
        feed
        for system in load_portfolio(settings.portfolio).monitored
        for feed in (system.predictions, system.labels, system.service)
        if isinstance(feed, FileFeed)
    ]
    fixed = [takewhile(_is_fixed, PurePosixPath(feed.path).parts[:-1]) for feed in feeds]
    return sorted({"/".join(parts) for parts in fixed})


def _is_fixed(part: str) -> bool:
    return not set("{*") & set(part)


def _key(settings: Settings) -> str:
    from aiops_pipelines.feeds import Pseudonymiser

    Pseudonymiser.from_environment(pseudonym_key_environment(settings))
    return "from the environment" if PSEUDONYM_KEY in os.environ else "the demo's own"


NOT_YET = "not made yet: the first night, or any incident command, makes it"


def _incidents(settings: Settings) -> str:
    desk = _desk(settings)
    return NOT_YET if desk is None else f"{len(desk.list(open_only=True))} open incidents"


def _audit(settings: Settings) -> str:
    desk = _desk(settings)
    if desk is None:
        return NOT_YET
    findings = desk.verify()
    if findings:
        more = f"; and {len(findings) - 3} more: aiops audit verify" if len(findings) > 3 else ""
        raise IncidentError("; ".join(findings[:3]) + more)
    return f"whole; head {desk.head()}"


def _desk(settings: Settings) -> IncidentDesk | None:
    """Return the desk on a database of this release, which a look must not change; None without."""
    url = make_url(settings.incidents_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None
    held, needed = revisions(open_engine(settings.incidents_url))
    if held is None:
        return None
    if held != needed:
        raise ConfigurationError(
            f"the database is at revision {held or 'of an earlier release'}, this release needs "
            f"{needed}: back it up; the next night, or any incident command, brings it there if "
            "it is an earlier one"
        )
    return IncidentDesk(settings.incidents_url)


def _messages(settings: Settings) -> str:
    channels = load_hospital(settings.portfolio).notifications.channels
    named = [name for each in channels for name in (each.url_env, each.secret_env) if name]
    unset = [name for name in named if not os.environ.get(name)]
    if unset:
        raise ConfigurationError(f"not set: {', '.join(unset)}")
    desk = _desk(settings)
    dead = desk.outbox.list("dead") if desk else []
    if dead:
        raise DeliveryError(f"{len(dead)} messages not delivered; see: aiops deliveries list")
    return f"{len(channels)} channels" if channels else "no channel: nobody is told by message"


def _pango() -> str:
    try:
        import weasyprint
    except OSError as error:
        raise OSError(
            "Pango is missing; install it, for instance: "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        ) from error
    return f"WeasyPrint {weasyprint.__version__}"
