"""Evidence packs by Dagster's job and by the command: the same file, sent once on purpose."""

import shutil
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from evidence_packs import NIGHT, evaluated, filled
from night_hospital import EXAMPLE
from ruamel.yaml import YAML
from typer.testing import CliRunner

from aiops_pipelines.assets.reports import evidence_pack
from aiops_pipelines.cli import app
from aiops_pipelines.delivery import ReportIssues
from aiops_pipelines.jobs import EVIDENCE
from aiops_pipelines.partitions import SYSTEMS, system_day
from aiops_pipelines.portfolio import load_portfolio
from aiops_pipelines.resources import (
    DELIVER_TAG,
    Clock,
    DeliveryResource,
    IncidentDeskResource,
    LakeResource,
    PortfolioResource,
    ReportsResource,
)

SYSTEM = "lung-nodule-ct"
FILE = f"evidence/{SYSTEM}/misses-{NIGHT}.pdf"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose lake holds a clause in breach, with the portfolio that says so."""
    folder = tmp_path_factory.mktemp("home")
    cases = filled(folder)
    evaluated(cases)
    (folder / "portfolio/systems").mkdir(parents=True)
    shutil.copy(EXAMPLE / "hospital.yaml", folder / "portfolio")
    record = cases.system.model_dump(mode="json", by_alias=True, exclude_unset=True)
    YAML().dump(record, folder / f"portfolio/systems/{SYSTEM}.yaml")
    assert load_portfolio(folder / "portfolio").system(SYSTEM) == cases.system
    return folder


def run(home: Path, **tags: str) -> dg.ExecuteInProcessResult:
    url, folder = f"sqlite:///{home / 'incidents.db'}", home / "reports"
    definitions = dg.Definitions(
        assets=[evidence_pack],
        jobs=[EVIDENCE],
        resources={
            "portfolio": PortfolioResource(folder=str(home / "portfolio")),
            "lake": LakeResource(root=str(home)),
            "reports": ReportsResource(folder=str(folder)),
            "incident_desk": IncidentDeskResource(url=url),
            "delivery": DeliveryResource(url=url, folder=str(folder / "issued")),
            "clock": Clock(),
        },
    )
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(SYSTEMS.name or "", [SYSTEM])
        job = definitions.resolve_job_def("evidence")
        return job.execute_in_process(
            partition_key=system_day(NIGHT, SYSTEM), instance=instance, tags=tags
        )


def test_the_job_writes_a_pack_a_clause_and_sends_it_where_told(home: Path) -> None:
    issues = ReportIssues(f"sqlite:///{home / 'incidents.db'}", home / "reports/issued")
    assert run(home).success
    first = (home / "reports" / FILE).read_bytes()
    assert first.startswith(b"%PDF") and issues.list() == []
    assert run(home, **{DELIVER_TAG: "yes"}).success
    (issue,) = issues.list()
    assert (issue.report, issue.period) == ("evidence", f"{SYSTEM}-misses-{NIGHT}")
    assert issue.file.read_bytes() == first


def test_the_command_prints_the_path_of_the_pack_and_sends_anew_only_with_a_reason(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIOPS_HOME", str(home))
    monkeypatch.setenv("AIOPS_LAKE", str(home))
    monkeypatch.setenv("AIOPS_PORTFOLIO", str(home / "portfolio"))
    night = NIGHT - timedelta(days=1)
    call = ["contracts", "evidence", SYSTEM, "misses", "--day", str(night), "--send"]
    near = CliRunner().invoke(app, call)
    assert near.exit_code != 0 and f"the pack of {NIGHT} was sent" in near.output
    done = CliRunner().invoke(app, [*call, "--again-because", "the vendor asked for this night"])
    path = Path(done.output.splitlines()[0])
    assert done.exit_code == 0 and path == home / f"reports/evidence/{SYSTEM}/misses-{night}.pdf"
    assert path.read_bytes().startswith(b"%PDF")
    again = CliRunner().invoke(app, call)
    assert again.exit_code != 0 and "--again-because" in again.output
    assert CliRunner().invoke(app, [*call, "--again-because", "labels came late"]).exit_code == 0
    unknown = CliRunner().invoke(app, ["contracts", "evidence", SYSTEM, "nope"])
    assert unknown.exit_code != 0 and "known: misses" in unknown.output
