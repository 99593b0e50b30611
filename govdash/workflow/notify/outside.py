"""One POST to a host outside: checked addresses, no redirects, no proxy, bounded in time and size.

The name is resolved once and the connection goes to an address that was checked, so that a name
which changes its address in between cannot lead inside (DNS rebinding).
"""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from govdash.core.errors import Undelivered
from govdash.core.settings import Network

TIMEOUT: Final = 10.0  # seconds for the whole exchange
MOST: Final = 64 << 10  # bytes of an answer that are read
_NAT64: Final = ip_network("64:ff9b::/96")  # an IPv4 address in its last 32 bits
_ISATAP: Final = (0x00005EFE, 0x02005EFE)  # before an IPv4 address (RFC 5214)
#: Of IPv6 nothing else is given to anybody (IANA, IPv6 Global Unicast Address Assignments): what
#: lies outside is of this site, or an IPv4 address in disguise.
_UNICAST: Final = ip_network("2000::/3")
#: Never a host of somebody: protocol assignments, the 6to4 anycast, documentation. What older
#: versions of Python take for public stands here by name.
_RESERVED: Final = tuple(ip_network(n) for n in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    body: bytes
    retry_after: float | None  # seconds


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, allow: Sequence[Network] = ()
) -> Answer:
    """Send `body` and return the answer, whatever its status.

    Raises
    ------
    Undelivered
        When the host cannot be reached, or lies where nothing may be sent to.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    until = time.monotonic() + TIMEOUT
    address = _checked(host, port, allow, secure=parts.scheme == "https")
    try:
        connection = _connect(host, port, address, secure=parts.scheme == "https")
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body=body, headers=dict(headers))
            return _answer(connection.getresponse(), until)
        finally:
            connection.close()
    except ssl.SSLError as error:
        raise Undelivered(f"{host} 的证书或加密不可用：{error.reason}", retry=True) from error
    except TimeoutError as error:
        raise Undelivered(f"{host} 在 {TIMEOUT:g} 秒内没有应答", retry=True) from error
    except (OSError, http.client.HTTPException) as error:
        raise Undelivered(f"连不上 {host}（{type(error).__name__}）", retry=True) from error


def _checked(host: str, port: int, allow: Sequence[Network], *, secure: bool) -> str:
    """Return an address of the host; refused when any of them lies inside and is not allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Undelivered(f"域名 {host} 解析不出地址", retry=True) from error
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    for text in addresses:
        address = _real(ip_address(text))
        allowed = any(address.version == net.version and address in net for net in allow)
        if not (allowed or (_is_public(address) and secure)):
            raise Undelivered(
                f"{host} 的地址 {address} 属于内网、本机或未加密，没有写进 allow，不发送",
                retry=False,
            )
    return addresses[0]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address can be that of a host outside."""
    if not address.is_global or address.is_multicast:
        return False
    if any(address.version == net.version and address in net for net in _RESERVED):
        return False
    return address.version == 4 or address in _UNICAST


def _real(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that hides in an IPv6 one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64 or int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _connect(host: str, port: int, address: str, *, secure: bool) -> http.client.HTTPConnection:
    """Connect to the address that was checked; the certificate is judged by the name."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    with ExitStack() as opened:
        raw = socket.create_connection((address, port), timeout=TIMEOUT)
        opened.callback(raw.close)
        if secure:
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        opened.pop_all()
    connection.sock = raw
    return connection


def _answer(response: http.client.HTTPResponse, until: float) -> Answer:
    """Read the answer as far as it may go; one that drips does not hold the lane."""
    body = b""
    while len(body) < MOST and (part := response.read1(4096)):
        body += part
        if time.monotonic() > until:
            raise TimeoutError
    told = response.getheader("Retry-After", "")
    return Answer(response.status, body, float(told) if told.isdecimal() else None)
