"""A quarter that is corrected after it was sent: the command, the PDF, the mail, what is kept."""

import io
import json
import re
import shutil
from datetime import date, datetime
from types import SimpleNamespace

import pytest
import yaml
from night_hospital import EXAMPLE
from pypdf import PdfReader
from report_hospital import DAY, night_figures, nights, paper_lake
from typer.testing import CliRunner

from aiops_pipelines.cli import app
from aiops_pipelines.cli import reports as command
from aiops_pipelines.delivery import Outbox, Reissue
from aiops_pipelines.evaluation.store import write_figures
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, load_portfolio
from aiops_pipelines.reports import quarterly_file, render_quarterly
from aiops_pipelines.settings import Settings

ID, BECAUSE = "no-show", "labels of March were corrected"
START, END = date(2026, 1, 1), date(2026, 3, 31)
SENT, CORRECTED = datetime(2026, 4, 3, 9), datetime(2026, 4, 20, 9)
READERS = ["cmo@hospital.example", "cfo@hospital.example"]
ISSUE = ["reports", "issue", "--quarter", "2026-01-01"]


def run(*arguments):
    return CliRunner().invoke(app, [*ISSUE, *arguments], terminal_width=200)


def text_of(file):
    pages = PdfReader(io.BytesIO(file.read_bytes())).pages
    return re.sub(r"\s+", " ", pages[0].extract_text()), len(pages)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Give what stands after both versions were sent, with the command's answers on the way."""
    folder = tmp_path_factory.mktemp("house")
    book = folder / "portfolio"
    (book / "systems").mkdir(parents=True)
    shutil.copy(EXAMPLE / "systems" / f"{ID}.yaml", book / "systems")
    hospital = yaml.safe_load((EXAMPLE / "hospital.yaml").read_text())
    hospital["notifications"] = {"channels": [{"name": "mail", "url_env": "MAIL_URL"}]}
    hospital["reports"] = [{"report": "quarterly", "channel": "mail", "recipients": READERS}]
    (book / "hospital.yaml").write_text(yaml.safe_dump(hospital))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AIOPS_LAKE", "AIOPS_INCIDENTS_URL", "AIOPS_FEEDS"):
            patch.delenv(name, raising=False)
        patch.setenv("AIOPS_HOME", str(folder / "home"))
        patch.setenv("AIOPS_PORTFOLIO", str(book))
        settings, portfolio = Settings.from_environment(), load_portfolio(book)
        lake = paper_lake(settings.lake, portfolio, nights(2), "calm")
        first = settings.reports / quarterly_file(START)
        first.parent.mkdir(parents=True)
        first.write_bytes(render_quarterly(portfolio, lake, [], START, END, END))
        clock = SimpleNamespace(now=SENT)
        patch.setattr(command, "_now", lambda _: clock.now.replace(tzinfo=portfolio.hospital.zone))
        answers = [run(), run()]
        kept = first.read_bytes()
        clock.now = CORRECTED
        correct(lake, portfolio.system(ID))
        answers.append(run("--again-because", BECAUSE))
        listed = CliRunner().invoke(app, ["reports", "list", "--json"])
        yield SimpleNamespace(
            answers=answers,
            kept=kept,
            issues=json.loads(listed.output),
            folder=settings.reports / "issued",
            settings=settings,
            portfolio=portfolio,
        )


def correct(lake, system):
    """Write the night's figures again, as known on the day of the correction."""
    for area in Area:
        rows = [
            figure
            for figure in night_figures(system, DAY, "red")
            if figure.area is area
        ]  # fmt: skip
        if rows:
            write_figures(lake, area, area.value, ID, DAY, CORRECTED.date(), rows)


def test_a_report_is_sent_once_unless_a_reason_is_given(house):
    first, second, again = house.answers
    assert first.exit_code == 0 and "2026-Q1, version 1" in first.output
    assert second.exit_code == 1
    assert "was sent as version 1 on 2026-04-03" in second.output + second.stderr
    assert again.exit_code == 0 and "2026-Q1, version 2" in again.output


def test_the_first_page_says_version_reason_day_and_what_changed(house):
    page, pages = text_of(house.folder / "quarterly-2026-Q1-v2.pdf")
    assert f"Version 2; it replaces version 1. Why: {BECAUSE}" in page
    assert "as known on 20 April 2026" in page
    assert "Changed: no-show SLA: ok before, breach now" in page
    every = house.issues[1]["changes"]
    assert "no-show performance: ok before, breach now" in every
    assert [each for each in every if re.match(r"no-show sensitivity at alert: 0\.\d+ \(", each)]
    assert not [each for each in every if "integrity" in each or "calibration" in each]
    assert pages > 4


def test_what_was_sent_first_stays_as_it_was_sent(house):
    sent = house.folder / "quarterly-2026-Q1-v1.pdf"
    assert sent.read_bytes() == house.kept
    assert "Version" not in text_of(sent)[0]
    assert "as known on 31 March 2026" in text_of(sent)[0]


def test_each_version_goes_to_each_reader_and_the_list_tells_both(house):
    assert [(each["version"], each["reason"]) for each in house.issues] == [(1, ""), (2, BECAUSE)]
    for each in house.issues:
        assert sorted(one["to"] for one in each["deliveries"]) == sorted(READERS)
    letters = [one.message for one in Outbox(house.settings.incidents_url).list()]
    second = [letter for letter in letters if letter.subject.endswith(", version 2")]
    assert len(letters) == 4 and len(second) == 2
    assert f"Why: {BECAUSE}" in second[0].body
    assert "Changed: no-show performance: ok before, breach now" in second[0].body


def test_the_same_version_made_again_is_the_same_to_the_byte(house):
    told = Reissue(2, BECAUSE, tuple(house.issues[1]["changes"]))
    lake = Lake(house.settings.lake)
    made = render_quarterly(house.portfolio, lake, [], START, END, CORRECTED.date(), told)
    assert made == (house.folder / "quarterly-2026-Q1-v2.pdf").read_bytes()
