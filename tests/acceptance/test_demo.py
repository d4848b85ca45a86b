"""What `make demo` promises: faults are found, healthy systems are quiet, reruns change nothing."""

import json
import subprocess
from typing import Any

import pytest
from mini_hospital import ROOT, MiniHospital
from pypdf import PdfReader

NIGHTS = 3


class Demo(MiniHospital):
    """The demo on the whole example portfolio, in a folder of its own."""

    def environment(self) -> dict[str, str]:
        return super().environment() | {"AIOPS_PORTFOLIO": str(ROOT / "portfolio")}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    made = Demo(tmp_path_factory.mktemp("demo"))
    with made.start("demo", "--nights", str(NIGHTS), stderr=subprocess.PIPE) as process:
        _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    return made


@pytest.fixture(scope="module")
def status(demo: Demo) -> dict[str, Any]:
    return {row["system"]: row for row in demo.json("status")}


def faults(demo: Demo) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((demo.feeds / "truth.json").read_text())["faults"]
    return found


def test_every_injected_fault_is_a_breach_where_it_must_show(
    demo: Demo, status: dict[str, Any]
) -> None:
    missed = [
        (fault["system"], area)
        for fault in faults(demo)
        for area in fault["areas"]
        if status[fault["system"]]["areas"][area]["verdict"] != "breach"
    ]
    assert len(faults(demo)) == 8 and missed == []


def test_healthy_systems_raise_no_breach_and_no_incident(
    demo: Demo, status: dict[str, Any]
) -> None:
    healthy = status.keys() - {fault["system"] for fault in faults(demo)}
    assert len(healthy) == 4
    assert [name for name in healthy if status[name]["verdict"] == "breach"] == []
    assert {each["system"] for each in demo.json("incidents", "list")} & healthy == set()


def test_each_fault_has_an_open_incident(demo: Demo) -> None:
    with_incident = {each["system"] for each in demo.json("incidents", "list")}
    assert with_incident == {fault["system"] for fault in faults(demo)}


def test_a_second_call_changes_nothing(demo: Demo) -> None:
    before = demo.lake_bytes(), demo.json("incidents", "list"), reports(demo)
    assert demo.aiops("demo", "--nights", str(NIGHTS)).returncode == 0
    assert (demo.lake_bytes(), demo.json("incidents", "list"), reports(demo)) == before


def reports(demo: MiniHospital) -> dict[str, bytes]:
    folder = demo.home / "reports"
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_the_dashboards_and_the_report_are_there(demo: Demo) -> None:
    names = reports(demo)
    assert sum(name.endswith("/index.html") for name in names) >= NIGHTS
    pdf = PdfReader(demo.home / "reports" / "quarterly" / "portfolio-2026-Q3.pdf")
    text = " ".join(page.extract_text() for page in pdf.pages)
    assert len(pdf.pages) >= 4
    assert "Lakeside" in text and "Sepsis early warning" in text
