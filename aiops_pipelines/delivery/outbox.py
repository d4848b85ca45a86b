"""The outbox: messages are written in the transaction of what they tell, and wait there.

Rows are never deleted: what was sent, when and after how many attempts stays to be read.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from aiops_pipelines.database import open_engine, writing
from aiops_pipelines.delivery.message import Attachment, Message
from aiops_pipelines.delivery.tables import OutboxRow
from aiops_pipelines.errors import DeliveryError

LEASE = timedelta(minutes=10)
"""How long a dispatcher may take over one message before another tries it."""

MAX_ATTEMPTS = 14
"""With the waits of `retry_delay`: about a day from the first attempt to the last."""
_FIRST_RETRY = timedelta(minutes=1)
_LONGEST_RETRY = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message in the outbox and how its delivery stands: waiting, sent or dead."""

    id: int
    message: Message
    state: str
    created_at: datetime
    next_at: datetime
    attempts: int
    sent_at: datetime | None
    error: str


def enqueue(
    session: Session, message: Message, at: datetime, after: datetime | None = None
) -> bool:
    """Put a message into the outbox within `session`'s transaction, not to be sent before `after`.

    Returns whether it is new: a message whose key is known already is left as it is.
    """
    if session.scalar(select(OutboxRow.id).where(OutboxRow.key == message.key)) is not None:
        return False
    session.add(
        OutboxRow(
            key=message.key,
            channel=message.channel,
            message=asdict(message),
            state="waiting",
            created_at=at,
            next_at=after or at,
            attempts=0,
            error="",
        )
    )
    session.flush()
    return True


def retry_delay(attempts: int) -> timedelta:
    """Return how long to wait after this many failed attempts: 1, 2, 4 ... minutes, at most 4 h."""
    return min(_FIRST_RETRY * float(2 ** (attempts - 1)), _LONGEST_RETRY)


class Outbox:
    """The messages in the database at a SQLAlchemy URL."""

    def __init__(self, url: str | Engine) -> None:
        self._engine = open_engine(url) if isinstance(url, str) else url

    def put(self, messages: Sequence[Message], at: datetime) -> int:
        """Put messages in, all or none; return how many were new."""
        with writing(self._engine) as connection, Session(connection) as session:
            new = sum(enqueue(session, message, at) for message in messages)
            session.commit()
            return new

    def list(self, state: str | None = None) -> list[Waiting]:
        """Return the messages in the order they were written, of one state or all."""
        query = select(OutboxRow).order_by(OutboxRow.id)
        if state is not None:
            query = query.where(OutboxRow.state == state)
        with Session(self._engine) as session:
            return [_waiting(row) for row in session.scalars(query)]

    def claim(self, now: datetime) -> Waiting | None:
        """Take the next message that is due, for as long as LEASE; None when none is due.

        The attempt counts when it begins, so a message that kills its dispatcher ends as dead.
        """
        with writing(self._engine) as connection, Session(connection) as session:
            row = session.scalar(
                select(OutboxRow)
                .where(OutboxRow.state == "waiting", OutboxRow.next_at <= now)
                .order_by(OutboxRow.next_at, OutboxRow.id)
                .limit(1)
            )
            if row is None:
                return None
            row.attempts += 1
            row.next_at = now + LEASE
            session.commit()
            return _waiting(row)

    def sent(self, claimed: Waiting, now: datetime) -> None:
        """Record that the channel took the message."""
        self._update(claimed, state="sent", sent_at=now, error="")

    def failed(self, claimed: Waiting, error: str, now: datetime) -> None:
        """Record why the channel did not: it is tried again later, at last it is dead."""
        dead = claimed.attempts >= MAX_ATTEMPTS
        self._update(
            claimed,
            state="dead" if dead else "waiting",
            next_at=now + retry_delay(claimed.attempts),
            error=error,
        )

    def revive(self, message_id: int, now: datetime) -> None:
        """Give a dead message a new life, due now; DeliveryError if it is not dead."""
        with writing(self._engine) as connection, Session(connection) as session:
            row = session.get(OutboxRow, message_id)
            if row is None or row.state != "dead":
                raise DeliveryError(f"no dead message {message_id}; see: aiops deliveries list")
            row.state, row.attempts, row.next_at = "waiting", 0, now
            session.commit()

    def _update(self, claimed: Waiting, **values: object) -> None:
        with writing(self._engine) as connection, Session(connection) as session:
            row = session.get_one(OutboxRow, claimed.id)
            # Another dispatcher may have taken over after the lease: its outcome stands.
            if row.state == "sent" or row.attempts != claimed.attempts:
                return
            for name, value in values.items():
                setattr(row, name, value)
            session.commit()


def _waiting(row: OutboxRow) -> Waiting:
    told = dict(row.message)
    message = Message(
        **told
        | {
            "recipients": tuple(told["recipients"]),
            "attachments": tuple(Attachment(**each) for each in told["attachments"]),
        }
    )
    return Waiting(
        row.id,
        message,
        row.state,
        row.created_at,
        row.next_at,
        row.attempts,
        row.sent_at,
        row.error,
    )
