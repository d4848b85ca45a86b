"""Whom the desk tells, how and when: channels, quiet hours, the line of escalation."""

from datetime import time
from typing import Literal, Self

from pydantic import Field, model_validator

from aiops_pipelines.portfolio.model import Identifier, Record, Text

SeverityName = Literal["SEV1", "SEV2", "SEV3", "SEV4"]
Role = Literal["clinical", "technical", "executive", "operations"]


class Channel(Record):
    """A way out of the house; the URL and a webhook's secret stand in environment variables.

    Kind "apprise" takes any Apprise URL: `mailtos://`, `slack://`, `workflows://` (Teams), `pagerduty://`.
    Kind "webhook" posts signed CloudEvents and hears of every change; the others of incidents
    that are opened, opened again, escalated or paused. Kind "folder" takes the files of reports,
    a local folder or an object store's URL, and hears of no incident.
    """

    name: Identifier
    kind: Literal["apprise", "webhook", "folder"] = "apprise"
    url_env: Text
    secret_env: str = ""
    severities: tuple[SeverityName, ...] = ("SEV1", "SEV2", "SEV3", "SEV4")

    @model_validator(mode="after")
    def _webhooks_sign(self) -> Self:
        if (self.kind == "webhook") != bool(self.secret_env):
            raise ValueError("a webhook needs a `secret_env` to sign with; other kinds have none")
        return self


class QuietHours(Record):
    """From when to when only what pages is sent, on the hospital's wall clock."""

    start: time = Field(default=time(20), alias="from")
    end: time = Field(default=time(7), alias="to")


class Notifications(Record):
    """The hospital's rules of notification.

    `paged` severities are sent at any hour; `digest` ones once a morning, together. The line of
    `escalation` names the roles of a system's owners ("operations": the operations manager) in
    the order in which an overdue incident climbs.
    """

    channels: tuple[Channel, ...] = ()
    quiet_hours: QuietHours = QuietHours()
    paged: tuple[SeverityName, ...] = ("SEV1",)
    digest: tuple[SeverityName, ...] = ("SEV3", "SEV4")
    escalation: tuple[Role, ...] = ("clinical", "technical", "executive")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        names = [channel.name for channel in self.channels]
        if len(set(names)) < len(names):
            raise ValueError("two channels have the same name")
        if set(self.paged) & set(self.digest):
            raise ValueError("a severity that pages can't wait for the digest")
        return self

    def pages(self, severity: str) -> bool:
        """Return whether somebody is told of this severity at any hour: paged, with a channel."""
        return severity in self.paged and any(
            severity in channel.severities and channel.kind == "apprise"
            for channel in self.channels
        )
