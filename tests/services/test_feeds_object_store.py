"""Feeds in an object store: an S3-compatible HTTP server on loopback, read as a folder is."""

import gzip

import boto3
import pytest
from feed_hospital import DAY, Drops, a_system, cases, refusals
from moto.server import ThreadedMotoServer
from upath import UPath

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds import Rule, label_arrivals, prediction_arrivals

HEAD = "case,patient,at,risk,age,sex\n"
ROWS = "c1,p1,2025-03-04T12:00:00Z,0.25,60,F\nc2,p2,2025-03-04T12:00:00Z,0.5,61,M\n"
SEVERAL = a_system(predictions={"path": "risk/predictions/{day}-*"})


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint, monkeypatch, request):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3", endpoint_url=endpoint)
    name = f"drops-{abs(hash(request.node.name))}"
    client.create_bucket(Bucket=name)

    def put(key: str, content: str | bytes) -> None:
        client.put_object(Bucket=name, Key=f"feeds/risk/{key}", Body=content)

    put("labels/.keep", "")
    return Drops(UPath(f"s3://{name}/feeds", endpoint_url=endpoint)), put


def test_drops_are_read_as_from_a_folder(bucket):
    drops, put = bucket
    put(f"predictions/{DAY}-a.csv", HEAD + ROWS)
    put(f"predictions/{DAY}-b.csv.gz", gzip.compress((HEAD + ROWS.replace("c", "d")).encode()))
    put(f"predictions/{DAY}-c.csv", "")
    put(f"predictions/.{DAY}-d.csv", HEAD)
    batch = drops.predictions(SEVERAL)
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2", "d1", "d2")
    assert refusals(batch) == [(f"{DAY}-c.csv", None, Rule.EMPTY_FILE, None)]
    assert batch.files[0].name == f"risk/predictions/{DAY}-a.csv"
    assert prediction_arrivals(SEVERAL, drops.root) == [DAY]


def test_a_file_that_comes_later_is_seen(bucket):
    drops, put = bucket
    put(f"predictions/{DAY}-a.csv", HEAD + ROWS)
    assert drops.predictions(SEVERAL).rows.num_rows == 2
    assert label_arrivals(a_system(), drops.root) == []
    put(f"predictions/{DAY}-b.csv", HEAD + ROWS.replace("c", "d"))
    put(f"labels/{DAY}.csv", "case,died,received,source,reader,revision\n")
    assert drops.predictions(SEVERAL).rows.num_rows == 4
    assert label_arrivals(a_system(), drops.root) == [DAY]


def test_a_store_that_does_not_answer_is_an_error_of_its_own(bucket, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    silent = Drops(UPath("s3://drops/feeds", endpoint_url="http://127.0.0.1:9"))
    with pytest.raises(FeedError, match=r"risk: predictions: .* can't be reached: Could not conn"):
        silent.predictions(SEVERAL)


def test_a_folder_that_is_not_there_is_an_error_of_its_own(bucket):
    drops, _ = bucket
    with pytest.raises(FeedError, match=r"risk: predictions: .* does not exist; set AIOPS_FEEDS"):
        drops.predictions(SEVERAL)
