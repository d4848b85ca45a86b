"""Who gets which report, and on which channel."""

from typing import Literal

from aiops_pipelines.portfolio.model import Identifier, Record, Text

ReportName = Literal["morning", "quarterly", "evidence"]


class ReportDelivery(Record):
    """One report to one channel of `notifications`: e-mail to each of `recipients`, or a folder.

    A folder (or object store) channel takes the file and has no recipients.
    """

    report: ReportName
    channel: Identifier
    recipients: tuple[Text, ...] = ()
