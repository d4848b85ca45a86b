"""What ingestion is given."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from upath import UPath

from aiops_pipelines.feeds import Pseudonymiser
from aiops_pipelines.lake import Lake


@dataclass(frozen=True, slots=True)
class Intake:
    """The lake, the feeds' root, the pseudonymiser and the hospital's time zone."""

    lake: Lake
    feeds: UPath
    pseudonym: Pseudonymiser
    zone: ZoneInfo
