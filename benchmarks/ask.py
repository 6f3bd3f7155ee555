"""How often are questions about documents answered rightly, and how often is one that has no answer refused?

    python benchmarks/ask.py [CONFIG] [--questions FILE.yaml] [--set KEY=VALUE ...] [--show]

Of our own: questions about the handbook and about two documents that are made here, in English and in Korean. Some
have an answer there, and some have none. FILE.yaml has more, about documents of others, which cannot be kept here:
a list of documents, each with `document` (a path) and `questions`, a list of pairs of a question and a regular
expression that a right answer matches; null instead, if the document has no answer.

right: answered, and it matches; wrong: answered otherwise; silent: "the document does not say", though it does;
refused: "the document does not say", and it does not; invented: answered, though it does not say.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph import build_ask, load_config  # noqa: E402

REPORT = [
    "The Bridge of Sorrel. A report by Ellen Marsh, town engineer, of March 2019. The old bridge was closed in "
    "2016, because its piers had sunk by nine centimetres. Ferries carried people over the river for two years.",
    "The new bridge cost 4.2 million dollars, a fifth more than planned. The province paid half of it. Steel had "
    "become dearer, and the winter stopped the work for six weeks. The railing was made by the smithy of Otto "
    "Grau.",
    "About 3,000 people cross the bridge every day, most of them on foot. Lorries above 12 tonnes take the "
    "southern road. Salmon have come back to the river, and anglers need a permit, which the town hall sells for "
    "15 dollars.",
]
KOREAN_REPORT = [
    "소렐 다리 보고서. 옛 다리는 교각이 9센티미터 내려앉아 2016년에 폐쇄되었다. 2년 동안 나룻배가 "
    "주민을 실어 날랐다.",
    "새 다리의 건설 비용은 420만 달러로 계획보다 20퍼센트 많았다. 도에서 절반을 부담하였다. 겨울에 공사가 6주간 "
    "중단되었다. 하루에 약 3천 명이 다리를 건넌다. 12톤이 넘는 화물차는 남쪽 도로를 이용한다.",
]
OURS: list[tuple[dict[str, Any], list[tuple[str, str | None]]]] = [
    (
        {"documents": REPORT},
        [
            ("What did the new bridge cost?", "4.2 million"),
            ("When was the old bridge closed?", "2016"),
            ("Why was the old bridge closed?", "sunk"),
            ("Who paid half of the bridge?", "province"),
            ("How many people cross the bridge every day?", "3,000"),
            ("Who made the railing?", "Grau"),
            ("What does a permit for anglers cost?", "15"),
            ("Who wrote the report?", "Marsh"),
            ("Who is the mayor of Sorrel?", None),
            ("How long is the bridge?", None),
            ("When was the railway station opened?", None),
            ("What did the ferries cost?", None),
        ],
    ),
    (
        {"documents": KOREAN_REPORT},
        [
            ("새 다리의 건설 비용은 얼마인가요?", "420만"),
            ("옛 다리는 언제 폐쇄되었습니까?", "2016"),
            ("공사는 몇 주간 중단되었나요?", "6주"),
            ("비용의 절반은 누가 부담했습니까?", "도에서"),
            ("하루에 몇 명이 다리를 건너나요?", "3천"),
            ("시장의 이름은 무엇인가요?", None),
            ("기차역은 언제 개통되었나요?", None),
        ],
    ),
    (
        {"source": str(ROOT / "examples" / "handbook.pdf")},
        [
            ("What does exit code 3 mean?", "refused|cannot be used"),
            ("In which variable may the password of a PDF be?", "MLX_PDF_PASSWORD"),
            ("How large is the download of Gemma 3 4B?", "3 GB"),
            ("What reads scanned pages?", "tesseract"),
            ("How many rounds does collapsing take at most?", "log"),
            ("Who won the football world cup?", None),
            ("What does a licence of the program cost in euros?", None),
            ("Which printer drivers are supported?", None),
        ],
    ),
]


class Asked(NamedTuple):
    """A question, what came of it, and in words what was answered."""

    question: str
    outcome: str
    said: str


def of_others(path: Path | None) -> Iterator[tuple[dict[str, Any], list[tuple[str, str | None]]]]:
    """The documents and the questions of a file."""
    for entry in yaml.safe_load(path.read_text("utf-8")) if path else ():
        source = Path(entry["document"])
        yield {"source": str(source if source.exists() else path.parent / source)}, entry["questions"]


def outcomes(app: Any, given: dict[str, Any], asked: Sequence[tuple[str, str | None]]) -> list[Asked]:
    """Ask a document, and compare."""
    answers = app.invoke({**given, "questions": [question for question, _ in asked]})["answers"]
    return [
        Asked(question, outcome(answer, wanted), answer["answer"])
        for (question, wanted), answer in zip(asked, answers, strict=True)
    ]


def outcome(answer: dict[str, Any], wanted: str | None) -> str:
    """In one word."""
    is_answered = answer["supported"] is not False
    if wanted is None:
        return "invented" if is_answered else "refused"
    if not is_answered:
        return "silent"
    return "right" if re.search(wanted, answer["answer"], re.IGNORECASE) else "wrong"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", default="quickstart")
    parser.add_argument("--questions", type=Path, help="more questions, about documents of others")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--show", action="store_true", help="print every answer")
    args = parser.parse_args()
    app = build_ask(load_config(args.config, [*args.set, ("cache.enabled", False)]))
    counts: dict[str, Counter[str]] = {"ours": Counter(), "others": Counter()}
    for whose, documents in (("ours", OURS), ("others", of_others(args.questions))):
        for given, questions in documents:
            for asked in outcomes(app, given, questions):
                counts[whose][asked.outcome] += 1
                if args.show:
                    print(f"{asked.outcome:9}{asked.question}\n         {' '.join(asked.said.split())[:200]}")
    for whose, counted in counts.items():
        told = counted["right"] + counted["wrong"] + counted["silent"]
        untold = counted["refused"] + counted["invented"]
        if told + untold:
            print(
                f"{whose:7} with an answer: {counted['right']} right, {counted['wrong']} wrong, "
                f"{counted['silent']} silent of {told}; without: {counted['refused']} refused, "
                f"{counted['invented']} invented of {untold}"
            )


if __name__ == "__main__":
    main()
