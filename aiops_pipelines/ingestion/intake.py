"""What ingestion is given."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from upath import UPath

from aiops_pipelines.feeds import Pseudonymiser, Watch
from aiops_pipelines.lake import Lake


@dataclass(frozen=True, slots=True)
class Intake:
    """The lake, the feeds' root, the pseudonymiser, the time zone, the clock files settle by."""

    lake: Lake
    feeds: UPath
    pseudonym: Pseudonymiser
    zone: ZoneInfo
    watch: Watch = field(default_factory=Watch)
