"""`aiops doctor` names what is wrong with the desk's database, and changes nothing by looking."""

from pathlib import Path

import pytest
from alembic import command
from desk_hospital import ID, ROSTER, opened, who
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from aiops_pipelines.cli import app
from aiops_pipelines.database import open_engine, writing
from aiops_pipelines.database.engine import alembic_config
from aiops_pipelines.portfolio import load_portfolio

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIOPS_HOME", str(tmp_path))
    monkeypatch.setenv("AIOPS_PORTFOLIO", str(ROOT / "portfolio"))
    monkeypatch.setenv("AIOPS_PSEUDONYM_KEY", "a key that only tests use, long enough")
    monkeypatch.setenv("COLUMNS", "400")
    for system in load_portfolio(ROOT / "portfolio").monitored:
        for feed in ("predictions", "labels", "service"):
            (tmp_path / "feeds" / system.id / feed).mkdir(parents=True)
    return tmp_path / "incidents.db"


def doctor() -> tuple[int, str]:
    done = CliRunner().invoke(app, ["doctor"], catch_exceptions=False)
    return done.exit_code, done.stdout


def test_a_sound_house_is_said_so_and_one_without_a_database_gets_none_from_a_look(
    database: Path,
) -> None:
    code, told = doctor()
    assert code == 0 and told.count("not made yet") == 2 and not database.exists()
    desk = opened(f"sqlite:///{database}")
    code, told = doctor()
    assert code == 0 and "1 open incidents" in told and f"whole; head {desk.head()}" in told


def test_a_tampered_row_is_named(database: Path) -> None:
    opened(f"sqlite:///{database}").take(ID, "acknowledge", who(), ROSTER)
    with create_engine(f"sqlite:///{database}").begin() as connection:
        connection.execute(text("UPDATE incidents SET severity = 'SEV4'"))
    code, told = doctor()
    assert code == 1 and f"incidents {ID} was altered: severity" in told


def test_a_database_of_an_earlier_release_is_told_and_left_as_it_is(database: Path) -> None:
    with writing(open_engine(f"sqlite:///{database}")) as connection:
        command.upgrade(alembic_config(connection), "0003")
    for _ in range(2):
        code, told = doctor()
        assert code == 1 and "at revision 0003, this release needs 0" in told


def test_a_server_that_is_away_is_told_in_its_own_words(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = "postgresql+psycopg2://nobody:secret@127.0.0.1:1/desk"
    monkeypatch.setenv("AIOPS_INCIDENTS_URL", away)
    code, told = doctor()
    assert code == 1 and "a database did not answer" in told and "secret" not in told
    listed = CliRunner().invoke(app, ["incidents", "list"])
    assert listed.exit_code == 1 and "a database did not answer" in listed.stderr
    assert "secret" not in listed.stderr


def test_a_missing_key_is_named(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIOPS_PSEUDONYM_KEY")
    code, told = doctor()
    assert code == 1 and "AIOPS_PSEUDONYM_KEY" in told
