"""A model that a test holds in the middle of an answer, for as long as it looks at what is shown meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from threading import Event
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from tests.fakes import RecordingModel

PATIENCE = 60


class GatedModel(RecordingModel):
    """Answers word by word with the start of its document, and waits after twelve in the stage that is held."""

    _gates: dict[str, Event] = PrivateAttr(default_factory=dict)

    def hold(self, stage: str) -> None:
        """Wait in the answers of this stage until `let_on`."""
        self._gates[stage] = Event()

    def let_on(self) -> None:
        """Hold nothing any more."""
        for gate in self._gates.values():
            gate.set()

    async def _held(self, stage: str) -> None:
        if gate := self._gates.get(stage):
            await asyncio.to_thread(gate.wait, PATIENCE)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        result = self._generate(messages, stop, None, **kwargs)
        await self._held(self.calls[-1].stage)
        return result

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = self.record(messages, kwargs)
        words = self.answer(call.document, call.max_tokens or self.max_tokens).split()
        for number, word in enumerate(words):
            if number == 12:
                await self._held(call.stage)
            chunk = ChatGenerationChunk(message=AIMessageChunk(f"{word} "))
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk
