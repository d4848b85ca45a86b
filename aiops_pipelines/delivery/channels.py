"""Channels: how a message leaves the house. Apprise for people, signed CloudEvents for machines.

URLs and secrets come from the environment variables that `hospital.yaml` names. A webhook gets a
CloudEvent in structured JSON, signed as Standard Webhooks (1.0) asks: HMAC-SHA-256 over
`id.timestamp.body`, in the header `webhook-signature`.
"""

import base64
import hashlib
import hmac
import logging
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from upath import UPath

from aiops_pipelines.delivery.message import Message
from aiops_pipelines.errors import DeliveryError
from aiops_pipelines.portfolio import Channel

TIMEOUT_SECONDS = 15.0


_URGENCY = {"SEV1": "failure", "SEV2": "warning", "SEV3": "warning"}
"""Apprise's kinds of message; PagerDuty makes them critical, warning and, for others, info."""

Send = Callable[[Message, datetime], None]
"""Sends a message at a time; DeliveryError says why the channel did not take it."""


def sender(channel: Channel, environment: Mapping[str, str], source: str) -> Send:
    """Return what sends on `channel`; `source` is the hospital, as CloudEvents name it."""
    url = _secret(channel.url_env, channel, environment)
    if channel.kind == "apprise":
        return lambda message, _: _notify(url, message)
    if channel.kind == "folder":
        return lambda message, _: _put(url, message)
    secret = _secret(channel.secret_env, channel, environment)
    return lambda message, at: _post(url, secret, source, message, at)


def _secret(name: str, channel: Channel, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "")
    if not value:
        raise DeliveryError(f"channel {channel.name}: the environment variable {name} is not set")
    return value


def _notify(url: str, message: Message) -> None:
    # Imported late: Apprise takes half a second, which the code location need not wait for.
    import apprise
    from apprise.plugins.email.base import NotifyEmail

    plugin = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if plugin is None:
        raise DeliveryError("the channel's URL is not one that Apprise knows")
    if isinstance(plugin, NotifyEmail):
        plugin.headers["X-AIOps-Delivery"] = message.key
        if message.recipients:
            plugin.targets = [(False, address) for address in message.recipients]
    elif message.recipients:
        raise DeliveryError("recipients are named, but the channel is not an e-mail channel")
    files = [str(attachment.checked()) for attachment in message.attachments]
    courier = apprise.Apprise()
    courier.add(plugin)
    capture = apprise.LogCapture(level=logging.DEBUG, fmt="%(message)s")  # type: ignore[no-untyped-call]
    with capture as log:
        taken = courier.notify(
            body=message.body,
            title=message.subject,
            notify_type=_URGENCY.get(str(message.data.get("severity")), "info"),
            attach=files or None,
        )
        if not taken:
            raise DeliveryError(_reason(log.getvalue()))


def _put(url: str, message: Message) -> None:
    """Copy the message's files into a folder or object store; each appears whole or not at all."""
    folder = UPath(url)
    for attachment in message.attachments:
        content = attachment.checked().read_bytes()
        target = folder / Path(attachment.path).name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if folder.protocol:  # an object store shows an object when it is whole
                target.write_bytes(content)
                continue
            unfinished = folder / f".{target.name}.{os.getpid()}.tmp"
            unfinished.write_bytes(content)
            unfinished.replace(target)
        except OSError as error:
            raise DeliveryError(f"{target.name} can't be put there: {error}") from error


def _reason(log: str) -> str:
    """Return what Apprise said of a failure, its last two lines: the earlier ones say how far."""
    lines = [line.strip() for line in log.splitlines() if "Login ID" not in line]
    telling = [line for line in lines if "ailed" in line or "xception" in line or "rror" in line]
    return "; ".join(telling[-2:]) or "the channel did not take the message"


def _post(url: str, secret: str, source: str, message: Message, at: datetime) -> None:
    body = cloud_event(message, source, at)
    try:
        answer = requests.post(
            url,
            data=body,
            headers={
                "content-type": "application/cloudevents+json",
                **signature(secret, message.key, at, body),
            },
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise DeliveryError(f"the webhook can't be reached: {type(error).__name__}") from error
    if not answer.ok or answer.is_redirect:
        raise DeliveryError(f"the webhook answered {answer.status_code}")


def cloud_event(message: Message, source: str, at: datetime) -> bytes:
    """Return the message as a CloudEvent 1.0 in structured JSON; its id is the message's key."""
    from cloudevents.core.bindings.http import to_structured_event
    from cloudevents.core.v1.event import CloudEvent

    attributes: dict[str, Any] = {
        "id": message.key,
        "source": source,
        "type": message.event_type,
        "subject": message.subject,
        "time": at,
        "datacontenttype": "application/json",
    }
    return to_structured_event(CloudEvent(attributes, dict(message.data))).body


def signature(secret: str, key: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers that prove who sent `body`, when, and that nobody changed it."""
    stamp = str(int(at.timestamp()))
    signed = b".".join((key.encode(), stamp.encode(), body))
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return {
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
