"""A document of ours about a town and its bridge, and models that answer questions about it as a test says."""

from __future__ import annotations

import re
import threading
from typing import Any

from langchain_core.messages import BaseMessage
from pydantic import Field, PrivateAttr

from graph.config import RunConfig
from tests.fakes import Call, RecordingModel, make_config

PAGES = [
    "The Bridge of Sorrel\n\nA report by Ellen Marsh, town engineer, of March 2019.\n\nThe old bridge was closed "
    "in 2016, because its piers had sunk by nine centimetres. Ferries carried people across the river for two "
    "years.",
    "Costs\n\nThe new bridge cost 4.2 million dollars, a fifth more than planned. The province paid half of it. "
    "Steel had become dearer, and the winter stopped the work for six weeks.",
    "Use\n\nAbout 3,000 people cross the bridge every day, most of them on foot. Lorries above 12 tonnes take the "
    "southern road. The town counts the traffic each spring and publishes the numbers in June.",
    "Fish\n\nSalmon have come back to the river since the old piers were taken away. Anglers need a permit, which "
    "the town hall sells for 15 dollars a year. Nobody may fish from the bridge itself.",
]
KOREAN = [
    "소렐 다리 보고서\n\n옛 다리는 교각이 9센티미터 내려앉아 2016년에 폐쇄되었다. "
    "2년 동안 나룻배가 주민을 실어 날랐다.",
    "새 다리의 건설 비용은 420만 달러로 계획보다 20퍼센트 많았다. 도에서 절반을 부담하였다.",
]

# The prompt that asks, in words by which a model knows the question.
ASK = "Answer from these passages alone, in {language}: <document>{document}</document>\n{question}"


class Oracle(RecordingModel):
    """Answers each question as it was told, by a word of the question."""

    answers: dict[str, str] = Field(default_factory=dict)
    otherwise: str = "The document does not say."
    _here: threading.local = PrivateAttr(default_factory=threading.local)

    def record(self, messages: list[BaseMessage], options: dict[str, Any]) -> Call:
        self._here.call = super().record(messages, options)  # answered in the same thread
        return self._here.call  # type: ignore[no-any-return]

    @property
    def call(self) -> Call:
        """The one that is being answered."""
        return self._here.call  # type: ignore[no-any-return]

    def answer(self, document: str, max_tokens: int) -> str:
        asked = self.call.prompt.rpartition("</document>")[2]
        return next((said for word, said in self.answers.items() if word in asked), self.otherwise)

    def question(self, word: str) -> str:
        """The passages that were given with the question that has this word."""
        (document,) = [call.document for call in self.calls if word in call.prompt.rpartition("</document>")[2]]
        return re.sub(r"\s+", " ", document)


def config(**more: object) -> RunConfig:
    """A configuration for a model that is handed in."""
    return make_config(**{"window": 800, "part": 60, "prompts__ask": ASK, **more})
