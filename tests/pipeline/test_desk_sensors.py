"""The desk's sensors as Dagster calls them: each runs and says what it did."""

from pathlib import Path

import dagster as dg
import pytest

from aiops_pipelines.resources import Clock, IncidentDeskResource, PortfolioResource
from aiops_pipelines.sensors.desk import deliver_messages, escalate_incidents, safety_events

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("sensor", "told"),
    [
        (safety_events, "1 reports taken, 0 files refused"),
        (escalate_incidents, "0 steps of escalation"),
        (deliver_messages, "0 messages sent, 0 failed"),
    ],
)
def test_a_sensor_of_the_desk_runs_and_says_what_it_did(sensor, told: str, tmp_path: Path) -> None:
    drops = tmp_path / "drops"
    drops.mkdir()
    (drops / "a.json").write_text(
        '{"external_id": "1", "system": "no-show", "summary": "Overbooked", '
        '"ahrq_class": "near miss", "aware_at": "2026-09-01T08:00:00Z"}'
    )
    resources = {
        "portfolio": PortfolioResource(folder=str(ROOT / "portfolio")),
        "incident_desk": IncidentDeskResource(
            url=f"sqlite:///{tmp_path / 'desk.db'}", safety_events=str(drops)
        ),
        "clock": Clock(),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        done = sensor(dg.build_sensor_context(instance, resources=resources))
    assert done.skip_message == told
