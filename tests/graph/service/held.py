"""A model that answers when a test lets it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from pydantic import PrivateAttr

from tests.fakes import EchoModel


class HeldModel(EchoModel):
    """Says that a call has come (`arrived`), and answers it once it is `released`."""

    _arrived: threading.Event = PrivateAttr(default_factory=threading.Event)
    _released: threading.Event = PrivateAttr(default_factory=threading.Event)

    @property
    def arrived(self) -> threading.Event:
        return self._arrived

    @property
    def released(self) -> threading.Event:
        return self._released

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self._arrived.set()
        while not self._released.is_set():
            await asyncio.sleep(0.01)
        return self._generate(messages, **kwargs)
