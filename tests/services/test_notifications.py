"""Slack, Teams, PagerDuty, mail and a webhook hear of incidents: real requests, nobody's data."""

import json
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme
from apprise.plugins import pagerduty
from apprise.plugins.slack import NotifySlack
from desk_hospital import MORNING, ROSTER, failure, harm, who
from typer.testing import CliRunner

from aiops_pipelines.cli import app
from aiops_pipelines.delivery import Dispatcher
from aiops_pipelines.delivery.outbox import MAX_ATTEMPTS
from aiops_pipelines.incidents import IncidentDesk
from aiops_pipelines.portfolio import Channel, Notifications

ROOT = Path(__file__).resolve().parents[2]
SPOKEN = "a visit was mixed up on ward seven"
SECRETS = {"MAIL": "mail", "SLACK": "slack", "TEAMS": "teams", "PAGER": "pager"}
CHANNELS = (
    *(Channel(name=name, url_env=f"{env}_URL") for env, name in SECRETS.items()),
    Channel(name="hook", kind="webhook", url_env="HOOK_URL", secret_env="HOOK_SECRET"),
)
TELLING = replace(ROSTER, policy=Notifications(channels=CHANNELS))
PATHS = {"slack": "/services/", "teams": "/workflows/", "pager": "/v2/enqueue", "hook": "/hook"}


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SimpleNamespace]:
    """Give one HTTPS server on loopback that stands where the four services do."""
    heard: dict[str, list[str]] = defaultdict(list)
    broken: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = next(name for name, path in PATHS.items() if path in self.path)
            heard[name].append(self.rfile.read(int(self.headers["content-length"])).decode())
            answered = {"pager": 202}.get(name, 200)
            self.send_response(503 if name in broken else answered)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "services.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "services.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"127.0.0.1:{server.server_port}"
    monkeypatch.setattr(NotifySlack, "webhook_url", f"https://{at}/services")
    region = pagerduty.PagerDutyRegion.US
    monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, region, f"https://{at}/v2/enqueue")
    urls = {
        "SLACK_URL": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops",
        "TEAMS_URL": f"workflows://{at}/643a169aa2/signature",
        "PAGER_URL": f"pagerduty://{'A' * 32}@{'K' * 32}/aiops/desk",
        "HOOK_URL": f"https://{at}/hook",
        "HOOK_SECRET": "a secret",
    }
    yield SimpleNamespace(heard=heard, broken=broken, urls=urls)
    server.shutdown()
    server.server_close()


def test_every_service_hears_of_an_incident_and_nothing_of_a_patient_and_a_broken_one_waits(
    services: SimpleNamespace, smtp: SimpleNamespace, tmp_path: Path, monkeypatch
) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    desk = IncidentDesk(url)
    desk.migrate()
    desk.record([failure()], TELLING)
    told = harm(system="sepsis", ncc_merp="G", summary=SPOKEN, narrative=SPOKEN, location="ward 7")
    desk.report([told], TELLING, "people", who())
    desk.take("INC-2026-0002", "comment", who(why=SPOKEN), TELLING)
    services.broken.add("slack")
    environment = services.urls | {"MAIL_URL": smtp.url}
    sending = Dispatcher(desk.outbox, CHANNELS, environment, source="lakeside")
    now = MORNING + timedelta(hours=2)
    done = sending.dispatch(now)
    assert len(done.failures) == 2 and all("slack" in each for each in done.failures)
    assert {name: len(heard) for name, heard in services.heard.items()} == {
        "slack": 2, "teams": 2, "pager": 2, "hook": 3,
    }  # fmt: skip
    mails = [mail.get_payload(0).get_payload(decode=True).decode() for mail in smtp.mailbox.mails]
    for texts in (*services.heard.values(), mails):
        everything = " ".join(texts)
        assert "INC-2026-0001" in everything and "INC-2026-0002" in everything
        assert "AUROC below its limit" in everything or texts is services.heard["hook"]
        for secret in (SPOKEN, "ward 7", "patients_reached", "PSE-17", "run_id"):
            assert secret not in everything
    event = json.loads(services.heard["pager"][0])
    assert event["payload"]["severity"] == "critical"
    assert "[SEV1]" in event["payload"]["summary"]

    for _ in range(MAX_ATTEMPTS):
        now += timedelta(hours=5)
        sending.dispatch(now)
    monkeypatch.setenv("AIOPS_INCIDENTS_URL", url)
    monkeypatch.setenv("AIOPS_PORTFOLIO", str(ROOT / "portfolio"))
    monkeypatch.setenv("COLUMNS", "200")
    listed = CliRunner().invoke(app, ["deliveries", "list"]).stdout
    assert "2 dead" in listed and "slack" in listed and "503" in listed
    assert "2 messages not delivered" in CliRunner().invoke(app, ["doctor"]).stdout
    services.broken.clear()
    for dead in desk.outbox.list("dead"):
        CliRunner().invoke(app, ["deliveries", "retry", str(dead.id)], catch_exceptions=False)
    assert sending.dispatch(now + timedelta(days=300)).sent == 2
    assert CliRunner().invoke(app, ["deliveries", "list", "--state", "lost"]).exit_code == 2
