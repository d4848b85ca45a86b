"""The examples in docs/feeds.md are feeds that the portfolio accepts."""

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from aiops_pipelines.portfolio import Feed

PAGE = (Path(__file__).parents[2] / "docs" / "feeds.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
FEED = TypeAdapter(Feed)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0])
def test_an_example_of_the_page_is_a_feed(example):
    FEED.validate_python(YAML(typ="safe").load(example))


def test_every_kind_has_an_example():
    kinds = {YAML(typ="safe").load(example)["kind"] for example in EXAMPLES}
    assert kinds == {"csv", "parquet", "fhir", "hl7v2", "dicom-sr", "sql"}
