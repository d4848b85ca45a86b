"""The folder in which the hospital's safety-event system drops reports as JSON files.

A file taken in moves to `taken/`, one that breaks a rule to `refused/` with the reason beside it,
whole: nothing is lost and nothing is half taken. A crash in between takes the file in again, which
changes nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiops_pipelines.errors import IncidentError
from aiops_pipelines.incidents.desk import IncidentDesk
from aiops_pipelines.incidents.outcome import IncidentChange, Who
from aiops_pipelines.incidents.report import read_reports
from aiops_pipelines.incidents.roster import Roster

SOURCE = "safety events"
STILL_WRITTEN = timedelta(seconds=60)
"""A file that is not JSON is left alone for so long: its sender may still be writing."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What the files of a folder changed, and what was refused, one file a line."""

    changes: tuple[IncidentChange, ...]
    refused: tuple[str, ...]


def import_drops(folder: Path, desk: IncidentDesk, roster: Roster, now: datetime) -> Imported:
    """Take in the reports of all JSON files in `folder`, in the order of their names.

    A report without an external id gets its file's name and its place in it, so that the same
    file dropped again is the same report.
    """
    changes: list[IncidentChange] = []
    refused = []
    for file in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            changes += import_file(file, desk, roster, now)
        except IncidentError as error:
            changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            if "not JSON" in str(error) and now - changed < STILL_WRITTEN:
                continue
            refused.append(str(error))
            _move(file, "refused").with_suffix(".reason.txt").write_text(f"{error}\n", "utf-8")
        else:
            _move(file, "taken")
    return Imported(tuple(changes), tuple(refused))


def import_file(
    file: Path, desk: IncidentDesk, roster: Roster, now: datetime
) -> list[IncidentChange]:
    """Take in the reports of one file, all or none; IncidentError names what is wrong."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise IncidentError(f"{file.name}: can't be read: {type(error).__name__}") from error
    reports = [
        report
        if report.external_id
        else report.model_copy(update={"external_id": f"{file.name[:100]}#{place}"})
        for place, report in enumerate(read_reports(text, file.name), start=1)
    ]
    found = desk.report(reports, roster, SOURCE, Who(SOURCE, now))
    return [change for change in found if change is not None]


def _move(file: Path, folder: str) -> Path:
    target = file.parent / folder / file.name
    target.parent.mkdir(exist_ok=True)
    return file.replace(target)
