"""Delivery: messages kept in an outbox until a channel has taken them, at least once."""

from aiops_pipelines.delivery.dispatcher import Dispatched, Dispatcher
from aiops_pipelines.delivery.issues import FinishedReport, Reissue, ReportIssue, ReportIssues
from aiops_pipelines.delivery.message import Attachment, Message
from aiops_pipelines.delivery.outbox import Outbox, Waiting, enqueue
from aiops_pipelines.delivery.quiet import send_after

__all__ = [
    "Attachment",
    "Dispatched",
    "Dispatcher",
    "FinishedReport",
    "Message",
    "Outbox",
    "Reissue",
    "ReportIssue",
    "ReportIssues",
    "Waiting",
    "enqueue",
    "send_after",
]
