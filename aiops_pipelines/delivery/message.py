"""What is delivered: one text to one channel, with its key, its files and its event."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiops_pipelines.errors import DeliveryError


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file sent along, named by the digest it had when the message was written."""

    path: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the attachment of a file as it is now."""
        return cls(str(path.absolute()), hashlib.sha256(path.read_bytes()).hexdigest())

    def checked(self) -> Path:
        """Return the file's path; DeliveryError if it is gone or not the one that was meant."""
        path = Path(self.path)
        if not path.is_file():
            raise DeliveryError(f"attachment {path.name} is gone")
        if Attachment.of(path).sha256 != self.sha256:
            raise DeliveryError(f"attachment {path.name} was changed after the message was written")
        return path


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one channel of `hospital.yaml`.

    `key` names the message for ever: a second one with the same key is not sent again, and
    receivers see it to drop repeats. `recipients` replace the addresses in an e-mail channel's
    URL. `event_type` and `data` are what a webhook gets (CloudEvents); neither these nor subject
    and body hold patient-level data.
    """

    key: str
    channel: str
    subject: str
    body: str
    recipients: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    event_type: str = "aiops.message"
    data: Mapping[str, Any] = field(default_factory=dict)
