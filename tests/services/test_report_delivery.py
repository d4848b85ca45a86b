"""Reports reach each reader once: by real SMTP, in a folder, in a real object store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from upath import UPath

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.database import migrate, open_engine
from aiops_pipelines.delivery import Dispatcher, FinishedReport, Outbox, ReportIssues
from aiops_pipelines.incidents import IncidentDesk, Roster
from aiops_pipelines.portfolio import Channel, ReportDelivery
from aiops_pipelines.sensors.deliveries import PATIENCE, record_deliveries

NOW = datetime(2026, 10, 3, 13, tzinfo=UTC)
MAIL = Channel(name="mail", url_env="MAIL_URL")
SHELF = Channel(name="shelf", kind="folder", url_env="SHELF_URL")
READERS = ("cmo@hospital.example", "cfo@hospital.example")
TO_READERS = ReportDelivery(report="quarterly", channel="mail", recipients=READERS)
TO_SHELF = ReportDelivery(report="quarterly", channel="shelf")


class House:
    """A database with issues, outbox and desk, and the quarter's report as a file."""

    def __init__(self, url: str, folder: Path) -> None:
        engine = open_engine(url)
        migrate(engine)
        self.issues, self.outbox = ReportIssues(engine, folder / "issued"), Outbox(engine)
        self.desk = IncidentDesk(url)
        self.file = folder / "portfolio-2026-Q3.pdf"
        self.file.write_bytes(b"%PDF first")

    def report(self, **facts: str) -> FinishedReport:
        stated = facts or {"no-show performance": "ok"}
        words = ("AI portfolio report 2026-Q3", "attached")
        return FinishedReport("quarterly", "2026-Q3", self.file, *words, stated)

    def dispatch(self, at: datetime = NOW, **environment: str) -> int:
        return Dispatcher(self.outbox, [MAIL, SHELF], environment).dispatch(at).sent


@pytest.fixture
def house(database: str, tmp_path: Path) -> House:
    return House(database, tmp_path)


def test_each_reader_gets_the_report_once_however_often_it_is_made(
    house: House, smtp: SimpleNamespace
) -> None:
    for attempt in range(3):
        house.file.write_bytes(b"%PDF first" + b" again" * attempt)
        issue = house.issues.issue(house.report(), [TO_READERS], NOW)
        house.dispatch(MAIL_URL=smtp.url)
    assert issue.version == 1
    assert sorted(mail["to"] for mail in smtp.mailbox.mails) == sorted(READERS)
    attached = [part for part in smtp.mailbox.mails[0].walk() if part.get_filename()]
    assert [part.get_payload(decode=True) for part in attached] == [b"%PDF first"]
    assert attached[0].get_filename() == "quarterly-2026-Q3-v1.pdf"


def test_a_report_issued_again_says_its_version_why_and_what_changed(
    house: House, smtp: SimpleNamespace
) -> None:
    house.issues.issue(house.report(), [TO_READERS], NOW)
    house.file.write_bytes(b"%PDF second")
    changed = house.report(**{"no-show performance": "breach"})
    because = "labels of September were corrected"
    draft = house.issues.draft(changed, because)
    again = house.issues.issue(changed, [TO_READERS], NOW, again_because=because)
    assert (again.version, again.file.read_bytes()) == (2, b"%PDF second")
    assert draft == again.reissue
    assert house.dispatch(MAIL_URL=smtp.url) == 4
    second = [mail for mail in smtp.mailbox.mails if mail["subject"].endswith("version 2")]
    assert len(second) == 2
    text = next(part for part in second[0].walk() if part.get_content_type() == "text/plain")
    words = text.get_payload(decode=True).decode()
    assert "it replaces version 1" in words and because in words
    assert "no-show performance: ok before, breach now" in words


def test_a_folder_gets_the_file_whole(house: House, tmp_path: Path) -> None:
    house.issues.issue(house.report(), [TO_SHELF], NOW)
    assert house.dispatch(SHELF_URL=str(tmp_path / "shelf")) == 1
    files = {file.name: file.read_bytes() for file in (tmp_path / "shelf").iterdir()}
    assert files == {"quarterly-2026-Q3-v1.pdf": b"%PDF first"}


def test_an_object_store_gets_the_file(house: House, object_store: str) -> None:
    store = f"{object_store}/quarterly"
    house.issues.issue(house.report(), [TO_SHELF], NOW)
    assert house.dispatch(SHELF_URL=store) == 1
    assert (UPath(store) / "quarterly-2026-Q3-v1.pdf").read_bytes() == b"%PDF first"


def test_a_failed_delivery_is_tried_again_becomes_one_incident_and_recovers(
    house: House, smtp: SimpleNamespace
) -> None:
    roster = Roster(BusinessCalendar("America/Chicago", "US"))
    house.issues.issue(house.report(), [TO_READERS], NOW)
    smtp.mailbox.refuse = True
    at = NOW
    for _ in range(PATIENCE + 1):
        house.dispatch(at, MAIL_URL=smtp.url)
        record_deliveries(house.desk, roster, at)
        at += timedelta(hours=1)
    [incident] = house.desk.list()
    assert (incident.system, incident.check) == ("portfolio", "reports_delivered")
    assert "2 deliveries of reports fail" in incident.summary
    smtp.mailbox.refuse = False
    assert house.dispatch(at + timedelta(hours=4), MAIL_URL=smtp.url) == 2
    record_deliveries(house.desk, roster, at + timedelta(hours=4))
    assert house.desk.get(incident.id).recovered_on is not None
    assert sorted(mail["to"] for mail in smtp.mailbox.mails) == sorted(READERS)
