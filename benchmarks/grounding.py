"""Does grounding notice what is wrong in a summary, and leave alone what is right?

True sentences (sentences of a document, and what people wrote about it in their own words) are grounded as they
are, and then with a number, a unit, a bound or a name exchanged, with a "not" too many or too few, with two names
swapped, said twice, with tags, and in another document. The script prints how many are flagged or fall in support,
how other scorings do, and how long 400 pages take.

    python benchmarks/grounding.py [--papers DIR] [--more FILE ...] [--sentences 60]

DIR holds papers as ID.pdf, and beside them what people wrote: ID.human.txt, ID.scisummnet.txt, ID.abstract.txt.
Without it, the handbook is the only document; FILE is any further document, for sentences of its own.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph.documents import LoadConfig, clean_pages, read_document, split_sentences  # noqa: E402
from graph.documents.types import Page  # noqa: E402
from graph.grounding import Sentence, ground  # noqa: E402
from graph.grounding.alignment import Aligner, Claim  # noqa: E402
from graph.grounding.source import Source  # noqa: E402
from graph.grounding.words import terms_of  # noqa: E402

FALL = 0.1  # of support that counts as noticed
NUMBER = re.compile(r"(?<![\w.,])\d[\d,.]*\d|(?<![\w.,])\d(?!\w)")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z]*[A-Za-z]\b")
LABEL = re.compile(
    r"(?:fig(?:ure|\.)|tab(?:le|\.)|sec(?:tion|\.)|step|line|level|order|equation|page|\() ?$", re.I
)
VERB = re.compile(r"\b(is|are|was|were|can|will|could|should|does|did|must)\b(?! not|n['’]t)")
NOT = re.compile(r" (?:not|never)\b")
UNITS = [
    ("thousand", "million"), ("million", "billion"), ("percent", "percentage points"), ("%", " percentage points"),
    ("seconds", "minutes"), ("minutes", "hours"), ("hours", "days"), ("days", "weeks"), ("weeks", "months"),
    ("months", "years"), ("years", "months"), ("MB", "GB"), ("GB", "TB"), ("KB", "MB"), ("$", "€"),
    ("tokens", "%"),
]  # fmt: skip
BOUND = re.compile(r"\b(?:(?:more|less|fewer) than|at least|at most|up to|over) (?=\$?\d)", re.I)
HANDBOOK = """
Gemma 7B takes in 8,192 tokens at a time, roughly eleven pages of a paper.
The module offers four commands: run, check, show and schema.
Without loading any model, check tells whether a configuration could work.
A run goes through seven stages, from loading the file to looking up what the summary rests on.
When everything fits into the last prompt, the splitting is followed directly by the final summary.
A chunk's summary is made without knowledge of the title or of the chapters before it.
Refining one running summary is slower, because no batch can be used, and its early errors never go away.
Things that a model made up in one part tend to survive when summaries are merged.
A summary that exceeds llm.max_tokens is shortened to end with a whole sentence, and this is reported.
Because groups are balanced, the end of a document does not weigh more than it should.
At most five rounds are needed for thirty-two parts, and nine for five hundred.
With Gemma 7B, 400 pages become some 120 chunks, of which a single round leaves eight summaries.
PDFium, which Chrome uses as well, does most of the reading; pypdf helps with right-to-left scripts.
Reading takes place in a separate process with bounds on memory and time, so a damaged file cannot end the run.
On average the references are 10% of a paper's text.
Negative and open ranges are allowed when pages are selected, such as "-3" for the first three.
Scanned pages contain no text, and OCRmyPDF is recommended for adding it.
TextRank copies whole sentences instead of writing, and needs nothing to be downloaded.
On Macs with 16 to 24 GB the recommended start is Gemma 3 with four billion parameters in 4 bits.
The notebook from which the project grew used a temperature of 0.1 and answers of 500 tokens.
Ollama silently truncates prompts that exceed 4,096 tokens unless it is told otherwise.
At temperature 0 small models may get stuck in loops; 0.1 or 0.2 prevents most of them.
The penalty for repetition usually lies between 1.05 and 1.2.
Eight tokens are kept as a margin, since tokenizers may cut differently at the seams.
Chunks should have 1,500 to 3,000 tokens when the window is 8,192.
About 350 English words are what 500 tokens amount to.
A twelve-page paper has around 9,000 tokens and is done in eight calls without any collapse.
A book of 350 pages, about 155,000 tokens, leads to some 53 calls with Gemma 3.
Nearly half a megabyte per token is what Gemma 7B needs for its keys and values.
Three prompt sets come with the program, one of them in Korean.
Small models should not be asked to cite pages for each sentence, as this lowers the quality.
""".strip().splitlines()


class Document(NamedTuple):
    """A document, and true sentences about it."""

    name: str
    pages: list[Page]
    copied: list[str]  # out of it
    written: list[str]  # about it, by people
    hard: list[str]  # its abstract, which `bare` does not have
    bare: list[Page]


class Corruption(NamedTuple):
    """A way to make a sentence wrong: another sentence, or None where there is nothing to change."""

    name: str
    flag: str
    make: Callable[[str, Document, Document, random.Random], str | None]


def main() -> None:
    """Read, corrupt, ground, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--papers", type=Path, help="a folder of papers and what people wrote about them")
    parser.add_argument("--more", type=Path, nargs="*", default=[], help="further documents")
    parser.add_argument("--sentences", type=int, default=60, help="copied from each document")
    args = parser.parse_args()
    documents = [handbook(args.sentences)]
    documents += [paper(path, args.sentences) for path in sorted(args.papers.glob("*.pdf"))] if args.papers else []
    documents += [document(path, args.sentences) for path in args.more]
    for name, sentences in (("copied", "copied"), ("in other words", "written"), ("abstracts, left out", "hard")):
        truths(name, documents, sentences)
    if len(documents) > 1:
        compare_scorings(documents)
    measure_speed(documents[0].pages)


def document(path: Path, count: int, written: Sequence[str] = (), hard: Sequence[str] = ()) -> Document:
    """A document read as the program reads it, and `count` of its sentences."""
    pages = clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig())
    source = Source(pages)
    prose = [text for i in range(len(source.passages)) if is_prose(text := source.excerpt(i))]
    copied = random.Random(path.name).sample(prose, min(count, len(prose)))
    return Document(path.stem, pages, copied, list(written), list(hard), without(pages, hard))


def handbook(count: int) -> Document:
    """The handbook, with sentences about it that were written for this script."""
    return document(ROOT / "examples" / "handbook.pdf", count, HANDBOOK)


def paper(path: Path, count: int) -> Document:
    """A paper with the summary that a person wrote, and its abstract."""
    human = path.with_suffix(".human.txt")
    if human.exists():
        text = re.sub(r"(?<=[a-z])([.:,])(?=[A-Za-z])", r"\1 ", human.read_text("utf-8", "replace"))
        written = split_sentences(" ".join(text.split()))
    else:
        written = path.with_suffix(".scisummnet.txt").read_text("utf-8").splitlines()[1:]
    abstract = path.with_suffix(".abstract.txt")
    hard = re.sub(r"<[^>]+>", "", abstract.read_text("utf-8")).splitlines()[1:] if abstract.exists() else []
    return document(path, count, list(filter(is_prose, map(str.strip, written))), list(filter(is_prose, hard)))


def is_prose(text: str) -> bool:
    """Whether it is one sentence, and not a row, a heading or several sentences that were not told apart."""
    whole = text.endswith((".", "!", "?")) and "\n" not in text and not re.match(r"[\W\d]", text)
    letters = sum(character.isalpha() for character in text)
    return whole and 5 <= len(text.split()) <= 60 and letters > 0.6 * len(text) and len(split_sentences(text)) == 1


def without(pages: list[Page], sentences: Iterable[str]) -> list[Page]:
    """The pages without their sentences that are more than half made of word pairs of `sentences`."""
    pairs = {pair for sentence in sentences for pair in pairs_of(sentence)}

    def kept(sentence: str) -> bool:
        ours = pairs_of(sentence)
        return len(ours & pairs) <= len(ours) / 2

    texts = ["".join(filter(kept, split_sentences(page["text"]))) for page in pages[:2]]
    return [Page(**{**page, "text": text}) for page, text in zip(pages, texts, strict=False)] + pages[2:]


def pairs_of(text: str) -> set[tuple[str, str]]:
    """Neighbouring terms."""
    terms = terms_of(text, "en")
    return set(pairwise(terms))


def exchange(pattern: re.Pattern[str], text: str, other: Callable[[str], str], rng: random.Random) -> str | None:
    """The text with one match of the pattern exchanged."""
    matches = [match for match in pattern.finditer(text) if not LABEL.search(text, 0, match.start())]
    if not matches:
        return None
    match = rng.choice(matches)
    return f"{text[: match.start()]}{other(match[0])}{text[match.end() :]}"


def another(pattern: re.Pattern[str], document: Document, rng: random.Random) -> Callable[[str], str]:
    """Picks something else that the pattern finds in the sentences of the document."""
    common = {word for text in document.copied for word in re.findall(r"\b[a-z]+", text)} | {"figure", "table"}
    found = {name for text in document.copied for name in pattern.findall(text)}
    known = sorted(name for name in found if name.lower() not in common)
    return lambda old: rng.choice([name for name in known if name != old] or ["Zanzibar"])


def other_unit(text: str) -> str | None:
    """The text with a number that counts something else."""
    for unit, other in UNITS:
        name = re.escape(unit) + (r"\b" if unit[-1].isalpha() else "")
        pattern = rf"()(?:{name})(?=\d)" if unit == "$" else rf"(?<=\d)(\s?)(?:{name})"
        changed = re.sub(pattern, rf"\1{other}", text, count=1)
        if changed != text:
            return changed
    return None


def swapped_names(text: str) -> str | None:
    """The text with its first name and another exchanged, which a verb parts."""
    names = list(NAME.finditer(text))
    for first, second in pairwise(names):
        between = text[first.end() : second.start()]
        if first[0] != second[0] and not re.search(r"[,;()]|\b(?:and|or|of)\b", between) and between.strip():
            return f"{text[: first.start()]}{second[0]}{between}{first[0]}{text[second.end() :]}"
    return None


def wrong_digit(number: str, rng: random.Random) -> str:
    """The number with one digit changed."""
    place = rng.choice([i for i, character in enumerate(number) if character.isdigit()])
    return f"{number[:place]}{rng.choice([d for d in '123456789' if d != number[place]])}{number[place + 1 :]}"


CORRUPTIONS = [
    Corruption("a digit", "number", lambda s, d, o, r: exchange(NUMBER, s, lambda n: wrong_digit(n, r), r)),
    Corruption("a number of the text", "number", lambda s, d, o, r: exchange(NUMBER, s, another(NUMBER, d, r), r)),
    Corruption("a name of another document", "name", lambda s, d, o, r: exchange(NAME, s, another(NAME, o, r), r)),
    Corruption("a name of the text", "name", lambda s, d, o, r: exchange(NAME, s, another(NAME, d, r), r)),
    Corruption("not, put in", "opposite", lambda s, *_: VERB.sub(r"\1 not", s, 1) if VERB.search(s) else None),
    Corruption("not, taken out", "opposite", lambda s, *_: NOT.sub("", s, 1) if NOT.search(s) else None),
    Corruption("another unit", "unit", lambda s, d, o, r: other_unit(s)),
    Corruption("a bound, taken out", "comp", lambda s, d, o, r: BOUND.sub("", s, 1) if BOUND.search(s) else None),
    Corruption("two names swapped", "roles", lambda s, d, o, r: swapped_names(s)),
    Corruption("tags", "markup", lambda s, d, o, r: f"<summary>{s}</summary>"),
    Corruption("another document", "weak", lambda s, d, o, r: r.choice(o.copied)),
]  # fmt: skip

SAID_AGAIN = Corruption("said again", "said", lambda s, d, o, r: s)


def grounded(sentences: Sequence[str], pages: list[Page]) -> list[Sentence]:
    """One sentence each; of one that was cut in several, the worst."""
    found = ground("\n\n".join(sentences), pages)
    result, start = [], 0
    for text in sentences:
        mine = [sentence for sentence in found if start <= sentence["start"] < start + len(text)]
        result.append(min(mine, key=lambda sentence: sentence["support"]))
        start += len(text) + 2
    return result


def truths(name: str, documents: Sequence[Document], which: str) -> None:
    """How sentences of one kind do when they are true, and when they are not."""
    rng = random.Random(7)
    true: list[Sentence] = []
    wrong: dict[str, list[tuple[Sentence, Sentence]]] = {each.name: [] for each in (*CORRUPTIONS, SAID_AGAIN)}
    for document in documents:
        sentences: list[str] = getattr(document, which)
        others = [other for other in documents if other is not document] or [document]
        if not sentences:
            continue
        pages = document.bare if which == "hard" else document.pages
        before = grounded(sentences, pages)
        true += before
        again = grounded([*sentences, *sentences], pages)[len(sentences) :]
        wrong[SAID_AGAIN.name] += list(zip(before, again, strict=True))
        for corruption in CORRUPTIONS:
            made = [corruption.make(text, document, rng.choice(others), rng) for text in sentences]
            after = grounded([text or "Nothing." for text in made], pages)
            pairs = zip(before, after, made, strict=True)
            wrong[corruption.name] += [(old, new) for old, new, text in pairs if text]
    if len(true) > 1:
        print_truths(name, true, wrong)


def print_truths(name: str, true: list[Sentence], wrong: dict[str, list[tuple[Sentence, Sentence]]]) -> None:
    """The tables of `truths`."""
    supports = sorted(sentence["support"] for sentence in true)
    tenths = statistics.quantiles(supports, n=20)
    flags = Counter(flag for sentence in true for flag in sentence["flags"])
    print(
        f"\n{len(true)} true sentences, {name}: support {tenths[0]:.2f} {tenths[4]:.2f} {tenths[9]:.2f}", end=" "
    )
    print(f"{tenths[14]:.2f} (5th, 25th, 50th, 75th percentile);", end=" ")
    print(
        "wrongly flagged:", ", ".join(f"{flag} {count / len(true):.1%}" for flag, count in flags.items()) or "none"
    )
    print(f"{'made wrong by':<28}     n  its flag  any flag  fell  either  support")
    for corruption in (*CORRUPTIONS, SAID_AGAIN):
        pairs = wrong[corruption.name]
        if not pairs:
            continue
        own = [
            any(corruption.flag and flag.startswith(corruption.flag) for flag in new["flags"]) for _, new in pairs
        ]
        any_flag = [bool(set(new["flags"]) - set(old["flags"])) for old, new in pairs]
        fell = [new["support"] <= old["support"] - FALL for old, new in pairs]
        either = [a or b for a, b in zip(any_flag, fell, strict=True)]
        means = [statistics.fmean(pair[i]["support"] for pair in pairs) for i in (0, 1)]
        shares = "".join(f"{statistics.fmean(some):10.0%}" for some in (own, any_flag, fell, either))
        print(f"{corruption.name:<28}{len(pairs):6}{shares}   {means[0]:.2f} -> {means[1]:.2f}")


def compare_scorings(documents: Sequence[Document]) -> None:
    """Print how well each scoring tells sentences in other words from sentences of other documents."""
    rng = random.Random(3)
    sources = {id(pages): Scorings(pages) for d in documents for pages in (d.pages, d.bare)}
    true: dict[str, list[float]] = {}
    other: dict[str, list[float]] = {}
    for document in documents:
        for sentences, pages in ((document.written, document.pages), (document.hard, document.bare)):
            for text in sentences:
                for name, score in sources[id(pages)].of(text).items():
                    true.setdefault(name, []).append(score)
                for stranger in rng.sample([d for d in documents if d is not document], 3):
                    for name, score in sources[id(stranger.pages)].of(text).items():
                        other.setdefault(name, []).append(score)
    print("\nscoring                             AUC   true 5%  25%  50%   other 50%  95%   below true's 5%")
    for name in true:
        p = statistics.quantiles(true[name], n=20)
        q = statistics.quantiles(other[name], n=20)
        above = statistics.fmean((a > b) + (a == b) / 2 for a in true[name] for b in other[name])
        below = statistics.fmean(b < p[0] for b in other[name])
        print(f"{name:<34}{above:.3f}    {p[0]:.2f}   {p[4]:.2f} {p[9]:.2f}", end="       ")
        print(f"{q[9]:.2f} {q[18]:.2f}   {below:.0%}")


class Scorings:
    """Ways to say how well a document supports a sentence."""

    def __init__(self, pages: list[Page]) -> None:
        source = Source(pages)
        self.aligner = Aligner([source.excerpt(i) for i in range(len(source.passages))], source.language)
        self.counts = [Counter(terms_of(passage, "en")) for passage in self.aligner.passages]
        self.pairs = [pairs_of(passage) for passage in self.aligner.passages]
        self.lengths = [math.hypot(*self._weights(counts).values()) or 1.0 for counts in self.counts]

    def of(self, text: str) -> dict[str, float]:
        """Every scoring of one sentence."""
        ours = self._weights(Counter(terms_of(text, "en")))
        length = math.hypot(*ours.values()) or 1.0
        cosines = [
            sum(weight * theirs[term] for term, weight in ours.items() if term in theirs) / length / norm
            for theirs, norm in zip(map(self._weights, self.counts), self.lengths, strict=True)
        ]
        best = sorted(range(len(cosines)), key=lambda i: -cosines[i])[:3]
        near = set().union(*(self.pairs[i] for i in self.aligner.near(best, 1)))
        bigrams = len(pairs_of(text) & near) / max(1, len(pairs_of(text)))
        claim = Claim(text, self.aligner.index)
        shares = sorted(self.aligner.index.shared(claim.term_weights()), reverse=True)
        return {
            "TF-IDF cosine, best sentence": cosines[best[0]],
            "bigrams near the best three": bigrams,
            "mean of both": (cosines[best[0]] + bigrams) / 2,
            "rare words in the best sentence": float(shares[0]),
            "soft alignment (what ground does)": self.aligner.align(claim)[0],
        }

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        return {term: (1 + math.log(n)) * self.aligner.index.rarity(term) for term, n in counts.items()}


def measure_speed(pages: list[Page]) -> None:
    """Print how long 400 pages and 40 sentences take."""
    texts = [page["text"] for page in pages]
    words = sorted({word for text in texts for word in text.split()})
    rng = random.Random(5)
    long = [
        re.sub(r"\b\w{4,}\b", lambda m: m[0] if rng.random() < 0.7 else rng.choice(words), texts[i % len(texts)])
        for i in range(400)
    ]
    made = [Page(number=i, label=str(i), text=text, status="read") for i, text in enumerate(long, start=1)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    found = ground("\n".join([*HANDBOOK, *HANDBOOK][:40]), made)
    seconds = time.perf_counter() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"\n400 pages, {sum(map(len, long)):,} characters, {len(found)} sentences: {seconds:.2f} s", end=", ")
    print(f"{grown / 1024:.0f} MB more")


if __name__ == "__main__":
    main()
