"""Feeds from a real PostgreSQL: a day's rows, streamed, read-only, within a time."""

import os
from datetime import date

import pytest
import sqlalchemy as sa
from feed_hospital import DAY, ZONE, Drops, a_system, cases, refusals

from aiops_pipelines.errors import ConfigurationError, FeedError
from aiops_pipelines.feeds import Rule, label_arrivals, prediction_arrivals

COLUMNS = {
    "case_id": "case_no",
    "patient_id": "mrn",
    "predicted_at": "at",
    "score": "risk",
    "age": "age",
    "sex": "sex",
}
TABLE = """
CREATE SCHEMA ai;
CREATE TABLE ai.scores (case_no text, mrn int, at timestamptz, local_at timestamp, risk numeric,
                        age int, sex text, secret text);
INSERT INTO ai.scores
SELECT 'c' || k, k % 7, timestamptz '2025-03-04 06:00Z' + k * interval '1 second',
       timestamp '2025-03-04 00:00' + k * interval '1 second', (k % 100) / 100.0, k % 90, 'F', 'x'
FROM generate_series(0, 4999) k;
INSERT INTO ai.scores VALUES ('yesterday', 1, '2025-03-04 05:59:59.9Z', '2025-03-03 23:59:59', 0.5);
INSERT INTO ai.scores VALUES ('tomorrow', 1, '2025-03-05 06:00Z', '2025-03-05 00:00', 0.5);
INSERT INTO ai.scores VALUES ('bad', 1, '2025-03-04 12:00Z', '2025-03-04 12:00', 7);
"""


@pytest.fixture(scope="module")
def scores(postgres):
    admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text('CREATE DATABASE "feeds"'))
    url = admin.url.set(database="feeds")
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text(TABLE))
    yield url.render_as_string(hide_password=False)
    admin.dispose()


@pytest.fixture
def drops(tmp_path, scores, monkeypatch):
    monkeypatch.setenv("RISK_DATABASE_URL", scores)
    return Drops.below(tmp_path)


def system(query: str | None = None, columns: dict[str, str] = COLUMNS, **more):
    feed = {"kind": "sql", "url_from": "RISK_DATABASE_URL", "watermark": "at", "columns": columns}
    feed |= {"table": "ai.scores"} if query is None else {"query": query}
    built = a_system()
    tree = {**built.model_dump(by_alias=True), "predictions": {**feed, **more}}
    return type(built).model_validate(tree)


def count(url: str) -> int:
    with sa.create_engine(url).connect() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM ai.scores")).scalar_one()


@pytest.mark.parametrize("watermark", ["at", "local_at"])
@pytest.mark.parametrize("query", [None, "SELECT * FROM ai.scores WHERE risk >= 0 -- all"])
def test_a_days_rows_are_those_whose_watermark_lies_in_it(drops, query, watermark):
    of_day = system(query, watermark=watermark, time_zone="America/Chicago", batch_rows=1000)
    batch = drops.predictions(of_day)
    assert batch.rows.num_rows == 5000
    assert batch.rows["case_id"].to_pylist()[:2] == cases("c0", "c1")
    assert [file.rows for file in batch.files] == [5001]
    name = "sql:ai.scores" if query is None else "sql:query"
    assert refusals(batch) == [
        (name.split("/")[-1], row_of_bad(batch), Rule.SCORE_OUT_OF_BOUNDS, "score")
    ]
    assert "secret" not in batch.rows.column_names


def row_of_bad(batch) -> int:
    (row,) = set(range(1, 5002)) - set(batch.provenance["row"].to_pylist())
    return row


def test_a_day_without_rows_is_a_silent_feed(drops):
    assert drops.predictions(system(), day=date(2025, 1, 1)).files == ()


def test_arrivals_reach_from_the_first_watermark_to_the_last(drops):
    found = prediction_arrivals(system(), drops.root, ZONE)
    assert found == [date(2025, 3, 3), DAY, date(2025, 3, 5)]
    labels = {
        "kind": "sql",
        "url_from": "RISK_DATABASE_URL",
        "query": "SELECT * FROM ai.scores WHERE false",
        "watermark": "at",
        "columns": {"case_id": "case_no", "value": "risk", "source": "sex"},
    }
    built = a_system()
    tree = {**built.model_dump(by_alias=True), "labels": labels}
    assert label_arrivals(type(built).model_validate(tree), drops.root) == []


@pytest.mark.parametrize(
    "writes",
    [
        "WITH gone AS (DELETE FROM ai.scores RETURNING *) SELECT * FROM gone",
        "SELECT * FROM ai.scores; DELETE FROM ai.scores",
        "SELECT 1) x; DELETE FROM ai.scores; --",
        "SELECT * INTO ai.copy FROM ai.scores",
        "DELETE FROM ai.scores",
    ],
)
def test_sql_that_writes_is_refused_before_it_is_sent(scores, writes):
    with pytest.raises(ValueError, match=r"only reads|single SELECT|not readable"):
        system(writes)
    assert count(scores) == 5003


def test_a_function_that_writes_is_stopped_by_the_read_only_transaction(drops, scores):
    with sa.create_engine(scores).begin() as connection:
        connection.execute(
            sa.text(
                "CREATE OR REPLACE FUNCTION ai.wipe() RETURNS int LANGUAGE sql AS "
                "'DELETE FROM ai.scores; SELECT 1'"
            )
        )
    with pytest.raises(FeedError, match="ReadOnlySqlTransaction"):
        drops.predictions(
            system("SELECT *, ai.wipe() AS w FROM ai.scores", {**COLUMNS, "sex": "w"})
        )
    assert count(scores) == 5003


def test_a_query_that_takes_too_long_is_cancelled(drops):
    slow = system("SELECT *, pg_sleep(0.001) FROM ai.scores", timeout_seconds=0.2)
    with pytest.raises(FeedError, match=r"risk: predictions: .*statement timeout"):
        drops.predictions(slow)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT * FROM ai.nothing", 'relation "ai.nothing" does not exist'),
        ("SELECT case_no FROM ai.scores", "does not exist"),
    ],
)
def test_a_wrong_name_is_told(drops, query, words):
    with pytest.raises(FeedError, match=words):
        drops.predictions(system(query))


def test_a_cell_is_not_quoted_in_the_error(drops):
    cast = "SELECT *, case_no::int AS number FROM ai.scores"
    with pytest.raises(FeedError, match="InvalidTextRepresentation") as caught:
        drops.predictions(system(cast, {**COLUMNS, "age": "number"}))
    assert "c0" not in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "read", "rule"),
    [
        ("repeat('x', 10000000)", None, Rule.CELL_TOO_LONG),
        ("'=1+1'", [None], Rule.FORMULA),
        ("convert_to('F', 'UTF8')", ["F"], None),
        ("'\\xff'::bytea", ["\ufffd"], None),
        ("interval '1 day'", ["1 day, 0:00:00"], None),
        ("'{\"a\": 1}'::json", ["{'a': 1}"], None),
        ("ARRAY[1, 2]", ["[1, 2]"], None),
        ("gen_random_uuid() IS NOT NULL", ["true"], None),
    ],
)
def test_a_cell_of_any_kind_is_read_or_refused_by_name(drops, cell, read, rule):
    query = f"SELECT case_no, mrn, at, risk, age, {cell} AS sex FROM ai.scores WHERE case_no = 'c1'"
    batch = drops.predictions(system(query))
    assert batch.rows.num_rows == (0 if read is None else 1)
    assert [found[2] for found in refusals(batch)] == ([rule] if rule else [])
    assert read is None or batch.rows["sex"].to_pylist() == read


def test_without_a_url_or_a_server_the_error_names_the_variable_or_the_server(drops, monkeypatch):
    monkeypatch.delenv("RISK_DATABASE_URL")
    with pytest.raises(ConfigurationError, match="RISK_DATABASE_URL is not set"):
        drops.predictions(system())
    monkeypatch.setenv("RISK_DATABASE_URL", "postgresql://reader:hush@127.0.0.1:9/none")
    with pytest.raises(FeedError, match="Connection refused") as caught:
        drops.predictions(system())
    assert "hush" not in str(caught.value)
    monkeypatch.setenv("RISK_DATABASE_URL", "mysql://reader@127.0.0.1/none")
    with pytest.raises(FeedError, match="no feeds from mysql"):
        drops.predictions(system())
    assert os.environ["RISK_DATABASE_URL"]
