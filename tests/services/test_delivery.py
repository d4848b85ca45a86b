"""Messages leave by real SMTP with TLS and real HTTP, at least once, and none is lost."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from aiops_pipelines.database import migrate, open_engine, writing
from aiops_pipelines.delivery import Attachment, Dispatcher, Message, Outbox, enqueue, send_after
from aiops_pipelines.delivery.outbox import LEASE, MAX_ATTEMPTS, retry_delay
from aiops_pipelines.errors import DeliveryError
from aiops_pipelines.portfolio import Channel, QuietHours

NOW = datetime(2026, 10, 1, 7, tzinfo=UTC)
MAIL = Channel(name="mail", url_env="MAIL_URL")
HOOK = Channel(name="hook", kind="webhook", url_env="HOOK_URL", secret_env="HOOK_SECRET")
MESSAGE = Message("incident:INC-2026-0001:opened", "mail", "SEV1 sepsis", "AUROC below its limit")


@pytest.fixture
def hook() -> Iterator[SimpleNamespace]:
    heard: list[tuple[dict[str, str], bytes]] = []
    answers: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(answers.pop(0) if answers else 204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/events"
    yield SimpleNamespace(heard=heard, answers=answers, url=url)
    server.shutdown()
    server.server_close()


@pytest.fixture
def outbox(database: str) -> Outbox:
    engine = open_engine(database)
    migrate(engine)
    return Outbox(engine)


@pytest.fixture
def small_outbox(tmp_path: Path) -> Outbox:
    engine = open_engine(f"sqlite:///{tmp_path / 'outbox.db'}")
    migrate(engine)
    return Outbox(engine)


def dispatcher(outbox: Outbox, **environment: str) -> Dispatcher:
    return Dispatcher(outbox, [MAIL, HOOK], environment, source="lakeside")


def test_a_mail_arrives_over_tls_with_its_key_recipients_and_file(
    small_outbox: Outbox, smtp: SimpleNamespace, tmp_path: Path
) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF-1.7 a report")
    message = replace(
        MESSAGE, recipients=("board@hospital.example",), attachments=(Attachment.of(report),)
    )
    small_outbox.put([message], NOW)
    assert dispatcher(small_outbox, MAIL_URL=smtp.url).dispatch(NOW).sent == 1
    [mail] = smtp.mailbox.mails
    assert mail["To"] == "board@hospital.example" and "SEV1 sepsis" in mail["Subject"]
    assert mail["X-AIOps-Delivery"] == MESSAGE.key
    parts = {part.get_filename(): part.get_payload(decode=True) for part in mail.walk()}
    assert parts["report.pdf"] == b"%PDF-1.7 a report"
    assert dispatcher(small_outbox, MAIL_URL=smtp.url).dispatch(NOW + LEASE).sent == 0


def test_a_file_changed_after_its_message_is_not_sent(
    small_outbox: Outbox, smtp: SimpleNamespace, tmp_path: Path
) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"first")
    small_outbox.put([replace(MESSAGE, attachments=(Attachment.of(report),))], NOW)
    report.write_bytes(b"second")
    [failure] = dispatcher(small_outbox, MAIL_URL=smtp.url).dispatch(NOW).failures
    assert "report.pdf was changed" in failure and smtp.mailbox.mails == []


def test_a_server_that_is_busy_gets_the_mail_later_and_an_untrusted_one_never(
    small_outbox: Outbox, smtp: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_outbox.put([MESSAGE], NOW)
    smtp.mailbox.refuse = True
    sending = dispatcher(small_outbox, MAIL_URL=smtp.url)
    assert "451" in sending.dispatch(NOW).failures[0]
    smtp.mailbox.refuse = False
    assert sending.dispatch(NOW + timedelta(seconds=59)).sent == 0
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificate verify failed" in sending.dispatch(NOW + timedelta(minutes=2)).failures[0]
    assert smtp.mailbox.mails == []


def test_a_webhook_gets_a_signed_cloud_event(small_outbox: Outbox, hook: SimpleNamespace) -> None:
    data = {"incident": "INC-2026-0001", "severity": "SEV1"}
    told = replace(MESSAGE, channel="hook", event_type="aiops.incident.opened", data=data)
    small_outbox.put([told], NOW)
    sending = dispatcher(small_outbox, HOOK_URL=hook.url, HOOK_SECRET="a secret")
    assert sending.dispatch(NOW).sent == 1
    [(headers, body)] = hook.heard
    assert headers["content-type"] == "application/cloudevents+json"
    event = json.loads(body)
    assert event["specversion"] == "1.0" and event["id"] == MESSAGE.key
    assert event["type"] == "aiops.incident.opened" and event["data"] == data
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"a secret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_failures_are_retried_with_backoff_and_end_as_dead_letters(
    small_outbox: Outbox, hook: SimpleNamespace
) -> None:
    small_outbox.put([replace(MESSAGE, channel="hook")], NOW)
    sending = dispatcher(small_outbox, HOOK_URL=hook.url, HOOK_SECRET="s")
    now = NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        hook.answers.append(503)
        assert sending.dispatch(now).failures == (f"{MESSAGE.key}: the webhook answered 503",)
        assert sending.dispatch(now + retry_delay(attempt) - timedelta(seconds=1)).failures == ()
        now += retry_delay(attempt)
    [dead] = small_outbox.list("dead")
    assert (dead.attempts, dead.error) == (MAX_ATTEMPTS, "the webhook answered 503")
    assert sending.dispatch(now + timedelta(days=9)).sent == 0
    small_outbox.revive(dead.id, now)
    assert sending.dispatch(now).sent == 1
    with pytest.raises(DeliveryError, match="no dead message"):
        small_outbox.revive(dead.id, now)


def test_a_missing_secret_or_channel_is_named_and_stops_no_other(
    small_outbox: Outbox, hook: SimpleNamespace
) -> None:
    small_outbox.put([MESSAGE, replace(MESSAGE, key="b", channel="gone")], NOW)
    small_outbox.put([replace(MESSAGE, key="c", channel="hook")], NOW)
    done = dispatcher(small_outbox, HOOK_URL=hook.url, HOOK_SECRET="s").dispatch(NOW)
    assert done.sent == 1
    assert "MAIL_URL is not set" in done.failures[0] and "no channel 'gone'" in done.failures[1]


def test_a_key_is_sent_once_and_a_crash_sends_again_after_the_lease(
    outbox: Outbox, hook: SimpleNamespace
) -> None:
    told = replace(MESSAGE, channel="hook")
    assert outbox.put([told], NOW) == 1 and outbox.put([told], NOW) == 0
    crashed = outbox.claim(NOW)
    assert crashed is not None
    sending = dispatcher(outbox, HOOK_URL=hook.url, HOOK_SECRET="s")
    assert sending.dispatch(NOW + LEASE - timedelta(seconds=1)).sent == 0
    assert sending.dispatch(NOW + LEASE).sent == 1
    outbox.failed(crashed, "woke up late", NOW + LEASE)
    assert [each.state for each in outbox.list()] == ["sent"]


def test_a_message_of_a_transaction_that_is_undone_is_never_sent(outbox: Outbox) -> None:
    with (
        pytest.raises(RuntimeError),
        writing(outbox._engine) as connection,
        Session(connection) as session,
    ):
        assert enqueue(session, MESSAGE, NOW)
        raise RuntimeError("the incident's change failed")
    assert outbox.list() == []


def test_two_dispatchers_never_claim_the_same_message(outbox: Outbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    outbox.put([replace(MESSAGE, key=str(number)) for number in range(20)], NOW)
    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(lambda _: outbox.claim(NOW), range(24)))
    keys = [each.message.key for each in claimed if each]
    assert len(keys) == len(set(keys)) == 20


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("19:59", "19:59"), ("20:00", "07:00 +1"), ("02:30", "07:00"), ("07:00", "07:00")],
)
def test_quiet_hours_end_in_the_morning_of_the_hospital(clock: str, expected: str) -> None:
    zone = ZoneInfo("America/Chicago")
    now = datetime.combine(NOW.date(), time.fromisoformat(clock), zone)
    after = send_after(now, QuietHours(), zone)
    wall, _, later = expected.partition(" ")
    day = NOW.date() + timedelta(days=1 if later else 0)
    assert after == datetime.combine(day, time.fromisoformat(wall), zone)
