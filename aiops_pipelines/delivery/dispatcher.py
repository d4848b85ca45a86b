"""Sends what is due in the outbox: at least once, with backoff, one message's failure its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiops_pipelines.delivery.channels import sender
from aiops_pipelines.delivery.outbox import Outbox, Waiting
from aiops_pipelines.errors import DeliveryError
from aiops_pipelines.portfolio import Channel


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one round did: how many were sent, what failed and is tried again or is dead."""

    sent: int
    failures: tuple[str, ...]


class Dispatcher:
    """Sends the outbox's messages on the hospital's channels.

    A crash between a channel's taking a message and the row that says so sends it again after the
    lease; its key, the e-mail's `X-AIOps-Delivery` and the event's id, is the same.
    """

    def __init__(
        self,
        outbox: Outbox,
        channels: Sequence[Channel],
        environment: Mapping[str, str],
        source: str = "aiops-pipelines",
    ) -> None:
        self._outbox = outbox
        self._channels = {channel.name: channel for channel in channels}
        self._environment = environment
        self._source = source

    def dispatch(self, now: datetime, limit: int = 100) -> Dispatched:
        """Send what is due at `now`, at most `limit` messages; return what became of them."""
        sent, failures = 0, []
        for _ in range(limit):
            claimed = self._outbox.claim(now)
            if claimed is None:
                break
            try:
                self._send(claimed, now)
            except DeliveryError as error:
                failures.append(f"{claimed.message.key}: {error}")
                self._outbox.failed(claimed, str(error), now)
            else:
                sent += 1
                self._outbox.sent(claimed, now)
        return Dispatched(sent, tuple(failures))

    def _send(self, claimed: Waiting, now: datetime) -> None:
        channel = self._channels.get(claimed.message.channel)
        if channel is None:
            raise DeliveryError(f"hospital.yaml names no channel {claimed.message.channel!r}")
        sender(channel, self._environment, self._source)(claimed.message, now)
