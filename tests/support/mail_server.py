"""A real SMTP server on loopback that speaks TLS and keeps what it is given."""

import email
import socket
import ssl

from aiosmtpd.controller import Controller


class Mailbox:
    """Takes what a real SMTP server receives."""

    def __init__(self) -> None:
        self.mails: list[email.message.Message] = []
        self.refuse = False

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refuse:
            return "451 try again later"
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 taken"


class TlsServer(Controller):
    """Speaks TLS from the first byte, on a port of its own choice."""

    trusted: ssl.SSLContext

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        with (
            socket.create_connection((self.hostname, self.port)) as plain,
            self.trusted.wrap_socket(plain, server_hostname=self.hostname) as probe,
        ):
            probe.recv(1024)
