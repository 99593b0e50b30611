"""Webhooks and group robots as channels: signed JSON, 企业微信 and 钉钉 in their own formats."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus

from govdash.core.errors import Undelivered
from govdash.workflow.notify.channel import Message
from govdash.workflow.notify.config import HookConfig
from govdash.workflow.notify.outside import Answer, post

_JSON: Final = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "govdash"}
#: The most that a robot takes: 企业微信 2048 bytes of text; 钉钉 has room for 20 000.
_MOST_BYTES: Final = 2048
#: Codes with which a robot asks to wait: 企业微信 45009; 钉钉 130101 and 660026.
_TOO_FAST: Final = frozenset({45009, 130101, 660026})
_TOO_FAST_SECONDS: Final = 60.0
_PASSING: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts to one configured address."""

    config: HookConfig
    base_url: str = ""

    def send(self, message: Message, *, at: datetime) -> str:
        """Post it; each format says in its own way that it was taken."""
        if not self.config.takes(message.area_path):
            raise Undelivered("这个渠道不收这片区域的通知", retry=False)
        url, body, headers = self._request(message, at)
        answer = post(url, body, headers, allow=self.config.allow)
        _check_status(answer)
        if self.config.kind != "webhook":
            _check_robot(answer)
        return f"HTTP {answer.status}"

    def _request(self, message: Message, at: datetime) -> tuple[str, bytes, dict[str, str]]:
        url, secret = self.config.url.get_secret_value(), self.config.secret.get_secret_value()
        if self.config.kind != "webhook":
            told = {"msgtype": "text", "text": {"content": _text(message, self.base_url)}}
            signed = self.config.kind == "dingtalk" and secret
            if signed:
                url += ("&" if "?" in url else "?") + dingtalk_query(secret, at)
            return url, _json(told), dict(_JSON)
        body = _json(
            {
                "key": message.key,
                "topic": message.topic,
                "level": message.level.value if message.level else None,
                "title": message.title,
                "text": message.body,
                "link": self.base_url + message.link,
                "sent_at": at.isoformat(),
            }
        )
        stamp = str(int(at.timestamp()))
        return url, body, {
            **_JSON,
            "Idempotency-Key": message.key,
            "X-Govdash-Timestamp": stamp,
            "X-Govdash-Signature": "v1=" + signature(secret, stamp, body),
        }  # fmt: skip


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of ``timestamp.body`` in hexadecimal, as the receiver checks it."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def dingtalk_query(secret: str, at: datetime) -> str:
    """Return the parameters by which 钉钉 knows that the sender has the robot's secret.

    HMAC-SHA256 of ``milliseconds, newline, secret``, base64, quoted (钉钉开放平台，自定义机器人).
    """
    stamp = str(int(at.timestamp() * 1000))
    made = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return f"timestamp={stamp}&sign={quote_plus(base64.b64encode(made))}"


def _text(message: Message, base_url: str) -> str:
    """Write a message for a group: plain text, in which nothing is markup, link or mention."""
    lines = [message.heading, *message.body.splitlines()]
    if base_url:
        lines.append(f"查看：{base_url}{message.link}")
    lines.append(f"编号 {message.mark}")
    text = "\n".join(line.replace("<", "＜").replace("@", "＠") for line in lines if line)
    return text.encode()[:_MOST_BYTES].decode(errors="ignore")


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


def _check_status(answer: Answer) -> None:
    status = answer.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Undelivered(f"对方要求转到别处（HTTP {status}），不跟随；请改正地址", retry=False)
    passing = status >= 500 or status in _PASSING
    raise Undelivered(f"对方回答 HTTP {status}", retry=passing, after=answer.retry_after)


def _check_robot(answer: Answer) -> None:
    """Read what a robot says in its JSON: it answers 200 also when it takes nothing."""
    try:
        code = int(json.loads(answer.body)["errcode"])
    except (ValueError, TypeError, KeyError):
        raise Undelivered("机器人的回答读不懂，可能没有收到", retry=True) from None
    if code in _TOO_FAST:
        raise Undelivered(f"机器人说发得太快（{code}）", retry=True, after=_TOO_FAST_SECONDS)
    if code != 0:
        raise Undelivered(f"机器人不接受（errcode {code}）", retry=False)
