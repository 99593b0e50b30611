"""Webhooks against a real HTTP server: signature, key, retries, and where nothing may be sent."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from pydantic import ValidationError

from govdash.core.errors import SettingsError, Undelivered
from govdash.core.settings import Settings
from govdash.core.vocab import Attempted
from govdash.workflow.notify import channels, config, outside
from govdash.workflow.notify.config import HookConfig
from govdash.workflow.notify.webhook import Webhook, signature
from tests.conftest import NOW
from tests.notify.people import intend, intent
from tests.notify.test_delivery import LEASE, courier, killed
from tests.notify.test_email import message
from tests.workflow.conftest import ON_BOTH

SECRET = "a-secret-of-the-receiver"
LOCAL = ("127.0.0.0/8", "::1/128")


@dataclass
class Receiver:
    """A server that keeps what it got and answers as it was told."""

    address: str = ""
    status: int = 200
    answer: bytes = b'{"errcode": 0, "errmsg": "ok"}'
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(kept.status)
            for name, value in kept.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(kept.answer)))
            self.end_headers()
            for n in range(len(kept.answer)):
                try:
                    self.wfile.write(kept.answer[n : n + 1] if kept.drip else kept.answer)
                    self.wfile.flush()
                except OSError:
                    return
                if not kept.drip:
                    return
                time.sleep(kept.drip)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.address = f"http://127.0.0.1:{server.server_port}"
    yield kept
    server.shutdown()
    server.server_close()


def hook(url: str, **more: Any) -> Webhook:
    told: dict[str, Any] = {
        "code": "room", "name": "值班群", "url": url, "secret": SECRET,
        "whole_city": True, "allow": LOCAL,
    }  # fmt: skip
    return Webhook(HookConfig(**(told | more)), "https://city.example")


def test_the_receiver_can_prove_who_sent_it_and_knows_a_second_try(receiver: Receiver):
    channel = hook(receiver.address + "/in?x=1")
    channel.send(message(), at=NOW)
    channel.send(message(), at=NOW)
    (path, headers, body), (_, again, _) = receiver.got
    assert path == "/in?x=1"
    assert headers["idempotency-key"] == again["idempotency-key"] == "alert:1:2:duty:email"
    stamp = headers["x-govdash-timestamp"]
    assert stamp == str(int(NOW.timestamp()))
    made = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-govdash-signature"] == f"v1={made}"
    told = json.loads(body)
    assert (told["level"], told["title"]) == ("orange", "东关街道 暴露垃圾异常偏高")
    assert told["link"] == "https://city.example/alerts?alert=1"


def test_a_signature_by_hand():
    """RFC 4231 has no timestamp: HMAC-SHA256 of ``1.{}`` with the key ``k``, by OpenSSL."""
    assert signature("k", "1", b"{}") == hmac.new(b"k", b"1.{}", "sha256").hexdigest()


@pytest.mark.parametrize(
    ("status", "retry"),
    [(500, True), (503, True), (429, True), (408, True), (400, False), (401, False), (404, False),
     (410, False), (301, False), (302, False), (307, False)],
)  # fmt: skip
def test_what_may_pass_is_tried_again_and_what_will_not_is_given_up(
    receiver: Receiver, status: int, retry: bool
):
    receiver.status = status
    with pytest.raises(Undelivered) as told:
        hook(receiver.address).send(message(), at=NOW)
    assert told.value.retry is retry


def test_a_redirect_is_not_followed(receiver: Receiver):
    receiver.status, receiver.headers = 302, {"Location": receiver.address + "/elsewhere"}
    with pytest.raises(Undelivered, match="不跟随"):
        hook(receiver.address).send(message(), at=NOW)
    assert len(receiver.got) == 1


def test_it_waits_as_long_as_the_receiver_asks(receiver: Receiver):
    receiver.status, receiver.headers = 503, {"Retry-After": "120"}
    with pytest.raises(Undelivered) as told:
        hook(receiver.address).send(message(), at=NOW)
    assert told.value.after == 120


def test_an_answer_that_drips_does_not_hold_the_lane(receiver: Receiver, monkeypatch):
    monkeypatch.setattr(outside, "TIMEOUT", 0.4)
    receiver.answer, receiver.drip = b"x" * 100, 0.05
    began = time.monotonic()
    with pytest.raises(Undelivered, match="没有应答"):
        hook(receiver.address).send(message(), at=NOW)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.1.2.3/",
        "https://192.168.1.1/", "https://172.16.0.9/", "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/", "https://[fd00::1]/", "https://0.0.0.0/", "https://100.64.0.1/",
        "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
        "https://224.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://127.1/",
        "https://[::127.0.0.1]/", "https://[::ffff:0:127.0.0.1]/", "https://[fec0::1]/",
        "https://[2a00:1:2:3:0:5efe:127.0.0.1]/", "https://[2a00:1:2:3:200:5efe:a00:1]/",
        "https://[64:ff9b:1::7f00:1]/", "https://[ff02::1]/", "https://[3fff::1]/",
        "https://[5f00::1]/", "https://192.0.0.8/", "https://192.88.99.1/", "https://[::]/",
        "https://198.18.0.1/", "https://240.0.0.1/", "https://0177.0.0.1/", "https://127.0.0.1./",
    ],
)  # fmt: skip
def test_an_address_inside_gets_nothing_unless_it_is_allowed(url: str, monkeypatch):
    called: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: called.append(a))
    with pytest.raises(Undelivered) as told:
        hook(url, allow=()).send(message(), at=NOW)
    assert not told.value.retry or "解析不出" in str(told.value)
    assert called == []


def test_one_address_inside_among_several_refuses_the_name(monkeypatch):
    """And the connection goes to an address that was looked at, not to a second answer."""
    answers = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answers)
    with pytest.raises(Undelivered, match="内网"):
        hook("https://hook.example/", allow=()).send(message(), at=NOW)
    reached: list[str] = []

    def connect(address: tuple[str, int], **more: Any) -> socket.socket:
        reached.append(address[0])
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answers[:1])
    with pytest.raises(Undelivered, match="连不上"):
        hook("https://hook.example/", allow=()).send(message(), at=NOW)
    assert reached == ["93.184.216.34"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "http://hook.example/"}, "https"),
        ({"url": "ftp://hook.example/"}, "https"),
        ({"url": "https://user:pw@hook.example/"}, "用户名"),
        ({"secret": "short"}, "16"),
        ({"whole_city": False}, "区域"),
        ({"areas": ("/310000/",)}, "二者之一"),
        ({"areas": ("310000",), "whole_city": False}, "开头和结尾"),
    ],
)
def test_a_webhook_that_is_written_wrongly_is_refused(wrong: dict[str, Any], said: str):
    told: dict[str, Any] = {"code": "room", "name": "群", "url": "https://h.example/",
                            "secret": SECRET, "whole_city": True}  # fmt: skip
    with pytest.raises(ValidationError, match=said):
        HookConfig(**(told | wrong))


def test_wecom_gets_plain_text_within_its_bound(receiver: Receiver):
    hook(receiver.address + "/?key=1", kind="wecom", secret="").send(
        message(body="很长" * 2000 + "<@all>"), at=NOW
    )
    told = json.loads(receiver.got[0][2])
    assert told["msgtype"] == "text"
    content = told["text"]["content"]
    assert content.startswith("【Ⅱ 橙】东关街道 暴露垃圾异常偏高")
    assert len(content.encode()) <= 2048


def test_nobody_is_called_by_what_a_title_says(receiver: Receiver):
    hook(receiver.address, kind="wecom").send(message(title="<@all> @所有人"), at=NOW)
    content = json.loads(receiver.got[0][2])["text"]["content"]
    assert "<@" not in content
    assert "@" not in content


def test_dingtalk_can_prove_that_the_sender_has_the_secret(receiver: Receiver):
    hook(receiver.address + "/robot/send?access_token=t", kind="dingtalk").send(message(), at=NOW)
    asked = parse_qs(urlsplit(receiver.got[0][0]).query)
    stamp = asked["timestamp"][0]
    assert stamp == str(int(NOW.timestamp() * 1000))
    made = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert asked["sign"] == [base64.b64encode(made).decode()]
    assert asked["access_token"] == ["t"]


@pytest.mark.parametrize("kind", ["wecom", "dingtalk"])
@pytest.mark.parametrize(
    ("answer", "retry"),
    [(b'{"errcode": 93000}', False), (b'{"errcode": 45009}', True), (b'{"errcode": 130101}', True),
     (b"<html>", True), (b"", True), (b"[]", True)],
)  # fmt: skip
def test_a_robot_that_takes_nothing_says_so_with_200(
    receiver: Receiver, kind: str, answer: bytes, retry: bool
):
    receiver.answer = answer
    with pytest.raises(Undelivered) as told:
        hook(receiver.address, kind=kind).send(message(), at=NOW)
    assert told.value.retry is retry


FILE = """
base_url: https://city.example
email: {host: localhost, port: 25, security: none, sender: a@b.example}
hooks:
  - {code: room, name: 值班群, kind: wecom, url: "https://h.example/?k=SECRETKEY", whole_city: true}
"""


def test_the_file_of_channels_names_them(settings: Settings, sqlite_store):
    assert set(channels.of(sqlite_store, settings)) == {"inbox"}
    settings.channels.write_text(FILE, "utf-8")
    assert set(channels.of(sqlite_store, settings)) == {"inbox", "email", "hook:room"}
    told = config.load(settings)
    assert channels.label("hook:room", told) == "值班群"
    assert "SECRETKEY" not in repr(told)


@pytest.mark.parametrize(
    "wrong",
    ["hooks: [{code: 1, secret: SECRETKEY}]", "email: {password: SECRETKEY}", "a: [", "x: 1"],
)
def test_a_wrong_file_is_told_without_its_secrets(settings: Settings, sqlite_store, wrong: str):
    settings.channels.write_text(wrong, "utf-8")
    with pytest.raises(SettingsError) as told:
        config.load(settings)
    assert "SECRETKEY" not in str(told.value)


def test_in_production_nobody_else_may_read_the_file(tmp_path):
    keys = {
        f"GOVDASH_{name}_KEY": f"{n}7kQz9mXw2Lr5Tv8Yb1Nc4Hd6Jf3Gs0PaEu"
        for n, name in enumerate(("SECRET", "CONTACT", "AUDIT", "PERSON"))
    }
    settings = Settings.from_environment(
        {"GOVDASH_VAR": str(tmp_path), "GOVDASH_MODE": "production", **keys}
    )
    settings.channels.write_text(FILE, "utf-8")
    settings.channels.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        config.load(settings)
    settings.channels.chmod(0o600)
    assert config.load(settings).email is not None


@ON_BOTH
def test_a_worker_killed_between_sending_and_noting_sends_again_with_the_same_key(
    peopled, settings: Settings, clock, receiver: Receiver
):
    """What came twice the receiver knows by its key."""
    told = {
        "code": "room", "name": "值班群", "url": receiver.address, "secret": SECRET,
        "whole_city": True, "allow": list(LOCAL),
    }  # fmt: skip
    settings.var.mkdir(exist_ok=True)
    settings.channels.write_text(yaml.safe_dump({"hooks": [told]}), "utf-8")
    intend(peopled, intent("a", clock(), channel="hook:room", recipient=""))
    assert killed(peopled, settings, clock()) == -9
    clock.now += LEASE
    over = channels.made(peopled, config.load(settings))
    assert courier(peopled, clock, **over).run() == {Attempted.SENT: 1}
    assert [headers["idempotency-key"] for _, headers, _ in receiver.got] == ["a", "a"]
