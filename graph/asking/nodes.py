"""The nodes of the graph that answers: load, find, answer, ground. The wiring is in pipeline.py."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from langchain_core.exceptions import ModelError
from langgraph.types import Overwrite, Send

from chains.prompts import Prompts
from graph.asking.assemble import about_draft, about_question, make_answer
from graph.asking.passages import Finder, Found
from graph.asking.question import Question
from graph.asking.quoting import quotations, quoted
from graph.asking.state import AskState, AskTask, Draft, Looked
from graph.calling.failures import end_run, in_words, is_fatal
from graph.calling.flow import Flow
from graph.calling.model_adapter import unwrap
from graph.calling.shared_model import SharedModel
from graph.calling.stage_answer import Timing, timed
from graph.calling.stage_caller import StageCaller
from graph.channels import compress, decompress
from graph.config import RunConfig
from graph.documents.characters import plain
from graph.documents.types import OnProgress, Reading
from graph.errors import BudgetError, ConfigError, EmptyAnswerError, SummarizeError
from graph.grounding import Tracer
from graph.reading import read_input
from graph.results.provenance import about_base_model
from graph.results.stats import make_stats, page_records
from graph.results.types import Provenance
from llm.language.names import language_code, language_name
from llm.textrank.model import TextRank

Update = dict[str, Any]

# Most tokens of passages: about three pages, which the model reads anew for every question.
_MOST_TOKENS = 1500
_FEWEST_TOKENS = 64

_KEPT = 2  # documents whose index is in memory: who asks once mostly asks again


class AskNodes:
    """The graph's nodes, bound to a configuration, its prompts and the model.

    The one that calls the model is a flow, which calling/flow.py drives.
    """

    def __init__(self, config: RunConfig, prompts: Prompts, shared: SharedModel, made: Provenance) -> None:
        # An answer is as long as llm.max_tokens allows: length and final_tokens are those of a summary.
        answers = config.summarize.model_copy(update={"length": None, "final_tokens": None})
        self._config = config.model_copy(update={"summarize": answers})
        self._prompts = prompts
        self._model = shared.caching
        self._quotes = isinstance(unwrap(shared.model), TextRank)
        self._made = made
        self._finders: OrderedDict[bytes, Finder] = OrderedDict()

    def load(self, state: Mapping[str, Any], on_progress: OnProgress | None = None) -> Update:
        """Read the document. What an earlier run on the same thread id left in the state is dropped."""
        started = time.time()
        asked = _asked(state)
        reading = self._read(state, on_progress)
        return {
            "run": uuid4().hex,
            "asked": asked,
            "documents": [],  # read, and of no more use
            "title": plain(reading["title"]) or "Document",
            "text": compress(reading["pages"]),
            "pages": page_records(reading["pages"]),
            "files": reading["files"],
            "drafts": Overwrite([]),
            "warnings": Overwrite(
                [*reading["warnings"], *about_base_model(self._config, self._made, "to answer questions")]
            ),
            "timings": Overwrite([timed("load", started)]),
        }

    def find(self, state: AskState) -> Update:
        """Find the passages for each question; where no model is needed for it, what there is to say, too."""
        started = time.time()
        finder = self._finder(state["text"])
        looked: list[Looked] = []
        tasks: list[AskTask] = []
        warnings: list[str] = []
        for index, text in enumerate(state["asked"]):
            question = finder.ask(text)
            caller = self._caller(text, language := self._language(question))
            found = finder.find(question, _room(caller), caller.counter.text)
            looked.append(Looked(language=language, spans=[list(span) for span in found.spans]))
            warnings += about_question(question, quotes=self._quotes)
            if (draft := self._draft(question, found, finder)) is not None:
                looked[-1]["draft"] = draft
                continue
            passages = finder.text(found.spans)
            tokens = caller.counter.text(passages)
            run = state.get("run", "")
            tasks.append(
                AskTask(index=index, question=text, language=language, text=passages, tokens=tokens, run=run)
            )
        return {"looked": looked, "tasks": tasks, "warnings": warnings, "timings": [timed("find", started)]}

    def fan_out(self, state: AskState) -> list[Send] | str:
        """After find: every question that the model is to answer, at once."""
        return [Send("answer", task) for task in state["tasks"]] or "ground"

    def answer(self, task: AskTask) -> Flow[Update]:
        """Answer one question."""
        caller = self._caller(task["question"], task["language"])
        draft = Draft(index=task["index"], text="", finish_reason="empty")
        timings: list[Timing] = []
        try:
            answer = yield from caller.ask("final", task["text"], task["tokens"])
        except EmptyAnswerError as error:
            if error.thought:
                draft["finish_reason"] = "thought"
        except (ModelError, SummarizeError) as error:
            where = f"“{task['question']}”"
            if is_fatal(error) or self._config.summarize.on_error == "stop":
                end_run(where, error, "")
            draft["finish_reason"] = "error"
            return {"drafts": [draft], "warnings": [in_words(where, error)]}
        else:
            draft["text"], draft["finish_reason"] = answer.text, answer.finish_reason
            timings = [{**answer.timing, "node": "answer"}]
        return {"drafts": [draft], "timings": timings, "warnings": about_draft(task["question"], draft)}

    def ground(self, state: AskState) -> Update:
        """Find what in the document supports each answer, and put the result together."""
        started = time.time()
        finder = self._finder(state["text"])
        drafts = {draft["index"]: draft for draft in state["drafts"]}
        answers = [
            make_answer(finder.ask(text), looked, drafts.get(index), finder)
            for index, (text, looked) in enumerate(zip(state["asked"], state["looked"], strict=True))
        ]
        timing = timed("ground", started)
        return {
            "schema_version": 1,
            "answers": answers,
            "timings": [timing],
            "stats": make_stats([*state["timings"], timing]),
            "made": self._made,
        }

    def _read(self, state: Mapping[str, Any], on_progress: OnProgress | None) -> Reading:
        """The document; pages of ours, which were read and cleaned before, as they are."""
        documents = state.get("documents")
        if isinstance(documents, list) and documents and all(map(_is_page, documents)):
            return Reading(title="", pages=documents, warnings=[], files=[])
        given = {key: state[key] for key in ("documents", "source") if key in state}
        return read_input(given, self._config.load, on_progress)

    def _finder(self, text: bytes) -> Finder:
        key = hashlib.sha256(text).digest()
        if key not in self._finders:
            asking = [] if self._quotes else [self._prompts.asking("", self._prompts.language).text("final")]
            self._finders[key] = Finder(Tracer(decompress(text), instructions=asking))
            while len(self._finders) > _KEPT:
                self._finders.popitem(last=False)
        self._finders.move_to_end(key)
        return self._finders[key]

    def _caller(self, question: str, language: str) -> StageCaller:
        """Calls the model with a question, as the last and only stage."""
        return StageCaller(self._config, self._prompts.asking(question, language), self._model)

    def _language(self, question: Question) -> str:
        """In which language to answer: the set's; the question's, where that has a script of its own, or where the
        set says `same`.
        """
        differs = question.has_own_script and language_code(self._prompts.language) != question.language
        if differs or self._prompts.follows_document:
            return language_name(question.language)
        return self._prompts.language

    def _draft(self, question: Question, found: Found, finder: Finder) -> str | None:
        """What there is to say without a model that writes: a quotation, or nothing; None if it is to be asked."""
        if self._quotes:
            return quoted(quotations(question, found, finder))
        return None if found.spans else ""


def _room(caller: StageCaller) -> int:
    """Tokens of passages for a question."""
    room = min(_MOST_TOKENS, caller.budget.input("final"))
    if room < _FEWEST_TOKENS:
        arithmetic = caller.budget.arithmetic("final").replace("final prompt", "ask prompt")
        raise BudgetError(
            f"The context window leaves no room for passages in the ask prompt: {arithmetic}; "
            "raise llm.context_window, or lower llm.max_tokens."
        )
    return room


def _asked(state: Mapping[str, Any]) -> list[str]:
    """The questions, as they were given."""
    given = state.get("questions") or state.get("question") or []
    questions = [given] if isinstance(given, str) else given
    if not questions or not all(isinstance(text, str) and text.strip() for text in questions):
        raise ConfigError('question: ask something: {"question": "What did it cost?"}, or several as "questions".')
    return [" ".join(plain(text).split()) for text in questions]


def _is_page(document: object) -> bool:
    return isinstance(document, Mapping) and {"number", "text", "status"} <= document.keys()
