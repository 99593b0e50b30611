"""E-mail as a channel: one message a recipient, over SMTP with STARTTLS or TLS."""

import hashlib
import smtplib
import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final

from govdash.core.errors import Undelivered
from govdash.workflow.notify.channel import Message
from govdash.workflow.notify.config import EmailConfig, Security

CODE = "email"
TIMEOUT: Final = 10.0  # seconds for each answer of the server


@dataclass(frozen=True, slots=True)
class Email:
    """Sends through one SMTP server."""

    config: EmailConfig
    base_url: str = ""

    def send(self, message: Message, *, at: datetime) -> str:
        """Send it; a second try of the same key has the same Message-ID."""
        if not message.address:
            raise Undelivered("收件人没有登记电子邮箱", retry=False)
        letter = self._letter(message, at)
        try:
            with self._connected() as server:
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            code = max((code for code, _ in error.recipients.values()), default=550)
            raise Undelivered(f"邮件服务器不接受收件人（{code}）", retry=code < 500) from error
        except smtplib.SMTPAuthenticationError as error:
            # a wrong password is put right by somebody; until then messages wait
            raise Undelivered(f"邮件服务器不接受登录（{error.smtp_code}）", retry=True) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Undelivered("邮件服务器不支持所设的加密或登录方式", retry=True) from error
        except smtplib.SMTPResponseException as error:
            raise Undelivered(
                f"邮件服务器拒收（{error.smtp_code}）", retry=error.smtp_code < 500
            ) from error
        except ssl.SSLError as error:
            raise Undelivered(
                f"邮件服务器的证书或加密不可用：{error.reason}", retry=True
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(f"连不上邮件服务器（{type(error).__name__}）", retry=True) from error
        return f"{self.config.host} 已接收"

    def _connected(self) -> smtplib.SMTP:
        told = self.config
        context = ssl.create_default_context(cafile=told.ca_file or None)
        if told.security is Security.SSL:
            server = smtplib.SMTP_SSL(told.host, told.port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(told.host, told.port, timeout=TIMEOUT)
        with ExitStack() as opened:
            opened.callback(server.close)
            if told.security is Security.STARTTLS:
                server.starttls(context=context)
            if told.user:
                server.login(told.user, told.password.get_secret_value())
            opened.pop_all()
        return server

    def _letter(self, message: Message, at: datetime) -> EmailMessage:
        letter = EmailMessage()
        domain = parseaddr(self.config.sender)[1].rpartition("@")[2]
        letter["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()}@{domain}>"
        letter["Date"] = format_datetime(at)
        letter["From"] = self.config.sender
        letter["To"] = message.address
        letter["Subject"] = " ".join(message.heading.split())
        letter["Auto-Submitted"] = "auto-generated"
        lines = [message.body]
        if self.base_url:
            lines.append(f"查看：{self.base_url}{message.link}")
        lines.append(f"（本邮件由城市运行监测与处置平台自动发出，编号 {message.mark}）")
        letter.set_content("\n\n".join(lines))
        return letter
