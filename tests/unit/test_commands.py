"""What the command answers to what can't be: it says so, says what to do, and touches nothing."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from aiops_pipelines.cli import app
from aiops_pipelines.settings import PSEUDONYM_KEY

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AIOPS_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("AIOPS_PORTFOLIO", str(ROOT / "portfolio"))
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.delenv(PSEUDONYM_KEY, raising=False)

    def call(arguments: str) -> str:
        done = CliRunner().invoke(app, arguments.split(), catch_exceptions=False)
        assert done.exit_code in {1, 2}, done.output
        return done.stderr or done.stdout

    return call


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("status", "nothing is evaluated yet; run `aiops demo`"),
        ("status --day yesterday", "does not match the formats '%Y-%m-%d'"),
        ("run --day 2999-01-01", "2999-01-01 has not come yet"),
        ("run --day 2020-01-01", "before 2026-05-06, the first day watched"),
        ("run --day 2026-09-30", f"{PSEUDONYM_KEY} is not set"),
        ("backfill --from 2026-09-30 --to 2026-09-01", "2026-09-01 lies before 2026-09-30"),
        ("simulate --from 2026-09-30 --to 2026-09-01", "2026-09-01 lies before 2026-09-30"),
        ("simulate --from 2026-09-01 --to 2026-09-02 --volume -1", "greater than or equal to 0.01"),
        ("contracts status --day yesterday", "does not match the formats"),
        ("contracts show ../etc x", "no system '../etc' in the portfolio; known: ambient"),
        ("incidents list --status asleep", "'asleep' is not one of"),
        ("incidents list --severity SEV9", "'SEV9' is not one of"),
        ("incidents list --system nobody", "no system 'nobody' in the portfolio; known: ambient"),
        ("incidents show INC-1", "aiops incidents list --all"),
        ("deliveries list --state lost", "'lost' is not one of"),
    ],
)
def test_what_cannot_be_is_refused_in_words_that_say_what_to_do(refused, arguments, words) -> None:
    assert words in refused(arguments)


def test_the_doctor_names_the_folder_of_a_feed_that_is_not_there(refused, tmp_path: Path) -> None:
    (tmp_path / "var" / "feeds" / "no-show" / "labels").mkdir(parents=True)
    told = refused("doctor")
    assert "no-show/predictions" in told
    assert "no-show/labels" not in told


def test_the_doctor_changes_nothing(refused, tmp_path: Path) -> None:
    refused("doctor")
    assert not list(tmp_path.rglob("*"))
