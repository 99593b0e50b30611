"""E-mail against a real SMTP server on this machine: STARTTLS, TLS, refusals, a dead server."""

import email
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message as Letter
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from govdash.core.errors import Undelivered
from govdash.core.vocab import Level
from govdash.workflow.notify.channel import Message
from govdash.workflow.notify.config import EmailConfig, Security
from govdash.workflow.notify.email import Email
from tests.conftest import NOW


@dataclass
class Box:
    """What the server took; it refuses recipients by name."""

    letters: list[Letter] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)
    reply: str = "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("later"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.reply.startswith("250"):
            self.letters.append(email.message_from_bytes(envelope.content, policy=default))
            self.secure.append(session.ssl is not None)
        return self.reply


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of this machine's own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=3650))
        .not_valid_after(NOW + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


@pytest.fixture
def box() -> Box:
    return Box()


def check(
    server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword
) -> AuthResult:
    return AuthResult(success=data.password == b"right", handled=False)


@pytest.fixture
def starttls(box: Box, certificate: Path) -> Iterator[Controller]:
    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(), tls_context=context(certificate),
        require_starttls=True, authenticator=check, auth_required=True,
    )  # fmt: skip
    yield from running(controller)


@pytest.fixture
def tls(box: Box, certificate: Path) -> Iterator[Controller]:
    yield from running(
        Controller(box, hostname="127.0.0.1", port=free_port(), ssl_context=context(certificate))
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def running(controller: Controller) -> Iterator[Controller]:
    controller.start()
    yield controller
    controller.stop()


def channel(server: Controller, certificate: Path, **more: Any) -> Email:
    told = {
        "host": "localhost", "port": server.port, "sender": "城运平台 <ops@city.example>",
        "user": "ops", "password": "right", "ca_file": str(certificate),
    }  # fmt: skip
    return Email(EmailConfig(**(told | more)), "https://city.example")


def message(**more: Any) -> Message:
    told: dict[str, Any] = {
        "key": "alert:1:2:duty:email", "topic": "alert.step", "title": "东关街道 暴露垃圾异常偏高",
        "body": "实测 22 件，预期 6 件。", "link": "/alerts?alert=1", "level": Level.ORANGE,
        "recipient": "duty", "address": "duty@city.example",
    }  # fmt: skip
    return Message(**(told | more))


def test_it_is_sent_over_starttls_after_signing_in(starttls, certificate, box: Box):
    channel(starttls, certificate).send(message(), at=NOW)
    (letter,) = box.letters
    assert box.secure == [True]
    assert letter["To"] == "duty@city.example"
    assert letter["Subject"] == "【Ⅱ 橙】东关街道 暴露垃圾异常偏高"
    text = letter.get_content()
    assert "实测 22 件" in text
    assert "https://city.example/alerts?alert=1" in text


def test_a_second_try_has_the_same_message_id_and_another_message_has_another(
    starttls, certificate, box: Box
):
    sender = channel(starttls, certificate)
    for key in ("a", "a", "b"):
        sender.send(message(key=key), at=NOW)
    first, second, other = (letter["Message-ID"] for letter in box.letters)
    assert first == second != other


def test_tls_from_the_first_byte_works_too(tls, certificate, box: Box):
    channel(tls, certificate, security=Security.SSL, user="", password="").send(message(), at=NOW)
    assert len(box.letters) == 1  # the server speaks nothing but TLS


def test_a_server_that_nobody_vouches_for_gets_nothing(starttls, certificate, box: Box):
    with pytest.raises(Undelivered, match="证书") as told:
        channel(starttls, certificate, ca_file="").send(message(), at=NOW)
    assert told.value.retry
    assert box.letters == []


@pytest.mark.parametrize(
    ("address", "retry"),
    [("nobody@city.example", False), ("later@city.example", True), ("", False)],
)
def test_a_refused_recipient_is_given_up_or_tried_again_as_the_server_says(
    starttls, certificate, address: str, retry: bool
):
    with pytest.raises(Undelivered) as told:
        channel(starttls, certificate).send(message(address=address), at=NOW)
    assert told.value.retry is retry


@pytest.mark.parametrize(("reply", "retry"), [("554 refused", False), ("452 full", True)])
def test_a_refused_letter_is_given_up_or_tried_again(
    starttls, certificate, box: Box, reply: str, retry: bool
):
    box.reply = reply
    with pytest.raises(Undelivered, match=reply[:3]) as told:
        channel(starttls, certificate).send(message(), at=NOW)
    assert told.value.retry is retry


def test_a_wrong_password_waits_for_somebody_to_put_it_right(starttls, certificate):
    with pytest.raises(Undelivered, match="不接受登录") as told:
        channel(starttls, certificate, password="wrong").send(message(), at=NOW)
    assert told.value.retry
    assert "wrong" not in str(told.value)


def test_a_dead_server_is_tried_again(certificate):
    dead = EmailConfig(host="localhost", port=9, sender="a@b.example")
    with pytest.raises(Undelivered, match="连不上") as told:
        Email(dead).send(message(), at=NOW)
    assert told.value.retry


def test_a_title_with_line_breaks_adds_no_header(starttls, certificate, box: Box):
    channel(starttls, certificate).send(message(title="甲\r\nBcc: x@y.example"), at=NOW)
    (letter,) = box.letters
    assert letter["Bcc"] is None
    assert letter["Subject"] == "【Ⅱ 橙】甲 Bcc: x@y.example"


def test_plain_smtp_is_for_this_machine_alone():
    with pytest.raises(ValidationError, match="本机"):
        EmailConfig(host="mail.example", port=25, sender="a@b.example", security=Security.NONE)
