"""Dask preloads this into workers: their model kills its own process where a document says so."""

from __future__ import annotations

import os
import signal
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult

import llm.load
from tests.fakes import RecordingModel

DEADLY = "arsenic"


class DeadlyModel(RecordingModel):
    """Answers, or ends its process at once."""

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        if DEADLY in str(messages[-1].text):
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._generate(messages, *args, **kwargs)


def dask_setup(worker: object) -> None:
    """Called by Dask as a worker begins."""
    llm.load.load_model = lambda config: DeadlyModel()
