"""A process whose children are the service, to be killed: `python -m tests.graph.service.mortal_jobs FOLDER`.

For each line on standard input it forks one, which is quick, for everything is imported. It submits the documents
with the numbers in that line, works to the end, and says on standard output what it does, a line each.
"""

from __future__ import annotations

import asyncio
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult

from graph.config import RunConfig
from graph.service.jobs import Jobs
from graph.service.types import ENDED, NewDocument
from tests.fakes import RecordingModel, make_config, make_documents

DOCUMENTS = 9


def config_in(folder: Path) -> RunConfig:
    """Few calls at once, so that most are still to be made when the process is killed."""
    return make_config(concurrency=3, part=30, chunk=60, cache={"path": str(folder / "answers.sqlite")})


def text(number: int) -> str:
    """The document of a number: some six chunks."""
    return "\n\n".join(page.page_content for page in make_documents(3, seed=number, tag=f"word{number}y"))


class TaggedModel(RecordingModel):
    """Each answer begins with a tag that tells the prompt."""

    @staticmethod
    def tag(document: str) -> str:
        """Of the prompt with this text."""
        return f"A{sha256(document.encode()).hexdigest()[:12]}"

    def answer(self, document: str, max_tokens: int) -> str:
        return f"{self.tag(document)} {self.shorten(document, max_tokens - 2)}."


class SlowModel(TaggedModel):
    """Says what it is asked, and takes its time."""

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        result = self._generate(messages, **kwargs)
        tag = str(result.generations[0].message.content)[:13]
        say(f"asked {tag}")
        await asyncio.sleep(0.01)
        say(f"answers {tag}")
        return result


def say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


async def live(folder: Path, numbers: list[str]) -> None:
    """Submit documents, as a client does again who has not heard whether they were, and work to the end."""
    jobs = Jobs(config_in(folder), folder, model=SlowModel())
    await jobs.start()
    for number in numbers:
        path = jobs.incoming / number
        path.write_text(text(int(number)))
        client = f"client {int(number) % 2}"
        (job,) = await jobs.submit(client, [NewDocument(f"{number}.txt", path, "text/plain")], {}, number)
        say(f"submitted {number} {job.id}")
    for job in await jobs.list(None):
        async for event in jobs.events(None, job.id):
            if event.kind in ENDED:
                say(f"{event.kind} {job.id}")
    await jobs.stop(0)


def main(folder: Path) -> None:
    """Fork a child for each line, and wait for its end."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(live(folder, line.split()))
            os._exit(0)
        say(f"pid {pid}")
        _, status = os.waitpid(pid, 0)
        say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
