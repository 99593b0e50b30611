"""What a person does at a page keeps the session alive; what the page does by itself does not."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from google.protobuf.message import DecodeError
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from govdash.access import sessions
from govdash.api.visit import session_token
from govdash.core.errors import GovDashError
from govdash.core.settings import Settings
from govdash.store import Store

STREAM: Final = "/_stcore/stream"
NOTED_EVERY: Final = 10.0  # seconds; finer, each click would change the row


class Activity:
    """ASGI middleware that reads along what a browser sends over Streamlit's WebSocket.

    A message that asks for a run because a fragment's time has come says so. The first run of a
    connection is none either: the browser asks for it again by itself when the network was away,
    and the opening of the page has been noted already (`govdash.api.gate`).
    """

    def __init__(self, app: ASGIApp, store: Callable[[], Store], settings: Settings) -> None:
        self.app, self.store, self.settings = app, store, settings
        self.noting: set[asyncio.Task[None]] = set()  # kept, or they would be collected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; note what people do."""
        if scope["type"] != "websocket" or not scope["path"].endswith(STREAM):
            await self.app(scope, receive, send)
            return
        token = session_token(HTTPConnection(scope), self.settings)
        runs, noted = 0, float("-inf")

        async def read_along() -> Message:
            nonlocal runs, noted
            message = await receive()
            asked = asks_for_run(message.get("bytes")) if token else None
            if asked is not None:
                runs += 1
                if asked and runs > 1 and time.monotonic() - noted >= NOTED_EVERY:
                    noted = time.monotonic()
                    self._note(token)
            return message

        await self.app(scope, read_along, send)

    def _note(self, token: str) -> None:
        """Note it beside the message: a database that is busy must not hold the page up."""
        task = asyncio.create_task(asyncio.to_thread(self._touch, token, datetime.now(UTC)))
        self.noting.add(task)
        task.add_done_callback(self.noting.discard)

    def _touch(self, token: str, at: datetime) -> None:
        try:
            with self.store().read() as session:
                signed = sessions.validate(session, token, settings=self.settings, at=at)
            with self.store().write() as session:
                sessions.touch(session, signed, at=at)
        except GovDashError:
            return  # ended meanwhile, or no database: the page itself says so


def asks_for_run(sent: bytes | None) -> bool | None:
    """Whether a message asks for a run on behalf of a person; None when it asks for none."""
    if not sent:
        return None
    try:
        message = BackMsg.FromString(sent)
    except DecodeError:
        return None
    if message.WhichOneof("type") != "rerun_script":
        return None
    return not message.rerun_script.is_auto_rerun
