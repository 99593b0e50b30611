"""From where a request comes: its address and its id, which the answer gives back."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from govdash.api.client import client_address
from govdash.core.origin import Origin, new_request_id, sane_request_id
from govdash.core.settings import Settings

HEADER = "X-Request-ID"
KEPT = "govdash_request_id"  # in the ASGI scope's state


def origin_of(request: HTTPConnection, settings: Settings) -> Origin:
    """Return what the journal says of where `request` came from."""
    made = getattr(request.state, KEPT, None)
    return Origin(client_address(request, settings), made or new_request_id(), "api")


class RequestIds:
    """ASGI middleware: every answer carries the id under which its request is journalled."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take over a harmless id, make one otherwise, and give it back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        made = sane_request_id(Headers(scope=scope).get(HEADER, ""))
        scope.setdefault("state", {})[KEPT] = made

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = made
            await send(message)

        await self.app(scope, receive, marked)
