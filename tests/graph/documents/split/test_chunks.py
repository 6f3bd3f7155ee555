"""Chunks: whole sentences, in order, within the budget of any tokenizer, even, and knowing their pages."""

import random
from collections.abc import Callable

import pytest

from graph.documents import Chunk, Page, split_pages, split_sentences
from graph.documents.split.whole_text import whole_text
from graph.documents.types import SectionStart

Count = Callable[[str], int]


def by_words(text: str) -> int:
    return len(text.split())


def by_bytes(text: str) -> int:
    return len(text.encode())


def with_start_token(text: str) -> int:
    return 1 + (len(text) + 3) // 4


def superadditive(text: str) -> int:
    """More tokens together than apart, as a tokenizer has that merges nothing across a space it adds."""
    return len(text.split()) + len(text) // 50


def free_when_short(text: str) -> int:
    return 0 if len(text) < 30 else len(text) // 10


COUNTS: list[Count] = [by_words, by_bytes, with_start_token, superadditive, free_when_short]


def ledger(*texts: str) -> list[Page]:
    return [
        Page(number=number, label=str(number), text=text, status="read" if text else "skipped")
        for number, text in enumerate(texts, start=1)
    ]


def squeezed(*texts: str) -> str:
    return "".join("".join(text.split()) for text in texts)


def sentence(words: int, first: str = "Word") -> str:
    return " ".join([first] + ["word"] * (words - 1)) + "."


def check(pages: list[Page], chunks: list[Chunk], budget: int, count: Count) -> None:
    assert squeezed(*(chunk["text"] for chunk in chunks)) == squeezed(*(page["text"] for page in pages))
    for number, chunk in enumerate(chunks, start=1):
        assert chunk["id"] == f"chunk-{number:04d}"
        assert chunk["tokens"] == count(chunk["text"]) <= budget
        assert chunk["text"] == chunk["text"].strip() != ""
        assert chunk["first_page"] <= chunk["last_page"]
    firsts = [chunk["first_page"] for chunk in chunks]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("budget", [1, 2, 7, 40, 1000])
@pytest.mark.parametrize("seed", range(4))
def test_any_text_with_any_tokenizer_fits_and_is_whole(count: Count, budget: int, seed: int) -> None:
    rng = random.Random(seed)
    budget = max(budget, max(count(c) for c in "가é x"))
    words = [
        "word",
        "문장이다.",
        "end.",
        "x" * 90,
        "a,b,",
        "\n",
        "\n\n",
        "\t",
        "끝?",
        "3.5",
        '"그렇다."라고',
        "é" * 40,
    ]
    texts = [" ".join(rng.choices(words, k=rng.randrange(60))).strip() for _ in range(6)]
    pages = ledger(*texts)
    check(pages, split_pages(pages, budget_tokens=budget, count_tokens=count), budget, count)


def test_chunks_end_with_a_sentence_and_are_as_few_and_as_even_as_can_be() -> None:
    text = " ".join([sentence(10)] * 25)  # 250 words: three chunks of at most 100
    chunks = split_pages(ledger(text), budget_tokens=100, count_tokens=by_words)
    assert all(chunk["text"].endswith(".") for chunk in chunks)
    assert sorted(chunk["tokens"] for chunk in chunks) == [80, 80, 90]


@pytest.mark.parametrize("seed", range(20))
def test_never_more_chunks_than_filling_one_after_the_other_takes(seed: int) -> None:
    rng = random.Random(seed)
    sizes = [rng.randrange(5, 100) for _ in range(30)]
    needed, used = 1, 0
    for size in sizes:
        needed, used = (needed, used + size) if used + size <= 100 else (needed + 1, size)
    pages = ledger(" ".join(map(sentence, sizes)))
    assert len(split_pages(pages, budget_tokens=100, count_tokens=by_words)) == needed


def test_a_paragraph_end_nearby_is_preferred() -> None:
    text = " ".join([sentence(10)] * 10) + "\n\n" + " ".join([sentence(10)] * 9)
    first, second = split_pages(ledger(text), budget_tokens=120, count_tokens=by_words)
    assert (first["tokens"], second["tokens"]) == (100, 90)


def test_a_chunk_knows_its_pages_and_a_sentence_goes_on_over_the_break() -> None:
    pages = ledger("One is done. The second", "goes on here. Three.", "", "Four is last.")
    chunks = split_pages(pages, budget_tokens=6, count_tokens=by_words)
    assert [(chunk["text"], chunk["first_page"], chunk["last_page"]) for chunk in chunks] == [
        ("One is done.", 1, 1),
        ("The second goes on here.", 1, 2),
        ("Three.\n\nFour is last.", 2, 4),
    ]


def test_only_a_sentence_over_budget_is_cut_at_a_clause() -> None:
    long = "the first clause is here, the second clause is here, the third clause is here."
    chunks = split_pages(ledger(f"Short one. {long}"), budget_tokens=12, count_tokens=by_words)
    assert all(chunk["text"].endswith((",", ".")) for chunk in chunks)
    fits = split_pages(ledger(f"Short one. {long}"), budget_tokens=15, count_tokens=by_words)
    assert [chunk["text"] for chunk in fits] == ["Short one.", long]


def test_a_long_sentence_within_the_budget_is_not_cut() -> None:
    long = "word, " * 1500 + "end."
    chunks = split_pages(ledger(f"Short one. {long}"), budget_tokens=1501, count_tokens=by_words)
    assert [chunk["tokens"] for chunk in chunks] == [2, 1501]


def test_nothing_to_split_and_impossible_budgets() -> None:
    assert split_pages(ledger("", ""), budget_tokens=5, count_tokens=by_words) == []
    with pytest.raises(ValueError, match="budget_tokens"):
        split_pages(ledger("a"), budget_tokens=0, count_tokens=by_words)
    with pytest.raises(ValueError, match="budget"):
        split_pages(ledger("가나다"), budget_tokens=2, count_tokens=by_bytes)


def test_counting_is_linear_in_the_text() -> None:
    text = "\n\n".join(" ".join([sentence(9)] * 8) for _ in range(400)) + "\n\n" + "x " * 60_000
    counted: list[int] = []

    def count(piece: str) -> int:
        counted.append(len(piece))
        return len(piece.split())

    split_pages(ledger(text), budget_tokens=300, count_tokens=count)
    assert sum(counted) < 4 * len(text)
    assert max(counted) < 10_000
    assert len(counted) < 2 * len(split_sentences(text)) + 2000


def prose(seed: int) -> str:
    chance = random.Random(seed)
    return " ".join(
        f"{' '.join(f'w{chance.randint(0, 9999)}' for _ in range(chance.randint(4, 20))).capitalize()}."
        for _ in range(chance.randint(5, 25))
    )


@pytest.mark.parametrize("budget", [150, 400, 1500])
def test_a_change_on_one_page_moves_few_cuts(budget: int) -> None:
    moved = []
    for page in range(2, 38, 3):
        texts = [prose(number) for number in range(40)]
        before = {
            chunk["text"] for chunk in split_pages(ledger(*texts), budget_tokens=budget, count_tokens=by_words)
        }
        texts[page] = prose(1000 + page)
        after = split_pages(ledger(*texts), budget_tokens=budget, count_tokens=by_words)
        new = [chunk for chunk in after if chunk["text"] not in before]
        assert new
        moved.append(sum(not chunk["first_page"] <= page + 1 <= chunk["last_page"] for chunk in new))
    assert max(moved) <= 5
    assert sum(moved) <= 4 * len(moved)


@pytest.mark.parametrize("budget", [150, 400, 1500])
def test_another_word_moves_hardly_any_cut(budget: int) -> None:
    moved = 0
    for page in range(2, 38, 3):
        texts = [prose(number) for number in range(40)]
        before = {
            chunk["text"] for chunk in split_pages(ledger(*texts), budget_tokens=budget, count_tokens=by_words)
        }
        texts[page] = texts[page].replace(" ", " another ", 1)
        after = split_pages(ledger(*texts), budget_tokens=budget, count_tokens=by_words)
        new = [chunk for chunk in after if chunk["text"] not in before]
        moved += sum(not chunk["first_page"] <= page + 1 <= chunk["last_page"] for chunk in new)
    assert moved <= 1


def test_sections_cost_few_chunks() -> None:
    texts = [prose(number) for number in range(200)]
    chunks = split_pages(ledger(*texts), budget_tokens=500, count_tokens=by_words)
    assert sum(chunk["tokens"] for chunk in chunks) / len(chunks) >= 0.8 * 500


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("The council will shorten the old", "breakwater.", "The council will shorten the old breakwater."),
        ("议会决定在五月之前缩短旧防波堤，因为它改变了水流并且每年春天都把泥沙留", "在港口里。", None),
        ("แผนการซ่อมแซมเขื่อนกันคลื่นเก่าของท่าเรือ", "ในฤดูใบไม้ผลิ", None),
        ("A heading", "A sentence.", "A heading\nA sentence."),
    ],
)
def test_a_sentence_goes_on_over_a_page_break(first: str, second: str, whole: str | None) -> None:
    pages = [Page(number=n, label=str(n), text=text, status="read") for n, text in ((1, first), (2, second))]
    assert whole_text(pages) == (whole or first + second)


def book(*sizes: int, seed: int = 0) -> list[Page]:
    """A page for each chapter, with a heading and as many sentences of ten words."""
    pages = ledger(*(f"Chapter {n}\n\n{' '.join([sentence(10)] * size)}" for n, size in enumerate(sizes, start=1)))
    for number, page in enumerate(pages, start=1):
        page["sections"] = [SectionStart(title=f"Chapter {number}", level=1, start=0)]
    return pages


def chapters_of(pages: list[Page], chunk: Chunk) -> list[int]:
    return list(range(chunk["first_page"], chunk["last_page"] + 1))


@pytest.mark.parametrize("sizes", [(23, 31, 47), (120, 9, 60), (20, 20, 20, 20)])
def test_large_chapters_share_no_chunk(sizes: tuple[int, ...]) -> None:
    pages = book(*sizes)
    chunks = split_pages(pages, budget_tokens=100, count_tokens=by_words)
    check(pages, chunks, 100, by_words)
    large = {number for number, size in enumerate(sizes, start=1) if size >= 20}
    assert all(len(large & set(chapters_of(pages, chunk))) <= 1 for chunk in chunks)


def test_small_chapters_share_chunks() -> None:
    pages = book(*[3] * 20)
    chunks = split_pages(pages, budget_tokens=100, count_tokens=by_words)
    assert len(chunks) <= 8
    assert [chunk["section"] for chunk in chunks] == sorted({chunk["section"] for chunk in chunks})


def test_a_chunk_ends_where_a_section_ends_and_never_behind_a_heading() -> None:
    text = "\n\n".join(f"Part {n}\n\n{' '.join([sentence(9)] * 6)}" for n in range(30))
    pages = ledger(text)
    places = [text.index(f"Part {n}\n") for n in range(30)]
    pages[0]["sections"] = [
        SectionStart(title=f"Part {n}", level=2, start=place) for n, place in enumerate(places)
    ]
    chunks = split_pages(pages, budget_tokens=185, count_tokens=by_words)
    assert all(chunk["text"].startswith("Part ") for chunk in chunks)
    assert len(chunks) == len(split_pages(ledger(text), budget_tokens=185, count_tokens=by_words))


@pytest.mark.parametrize("seed", range(8))
def test_chapters_cost_few_chunks(seed: int) -> None:
    rng = random.Random(seed)
    pages = book(*(rng.randrange(1, 90) for _ in range(40)))
    chunks = split_pages(pages, budget_tokens=150, count_tokens=by_words)
    check(pages, chunks, 150, by_words)
    plain = split_pages(ledger(*(page["text"] for page in pages)), budget_tokens=150, count_tokens=by_words)
    assert len(chunks) <= 1.15 * len(plain)


def test_a_change_in_one_chapter_moves_few_cuts_in_others() -> None:
    moved = []
    for changed in range(2, 30, 3):
        texts = [f"Chapter {n}\n\n{prose(n)}\n\n{prose(n + 50)}" for n in range(32)]
        chunks: list[set[str]] = []
        for _ in range(2):
            pages = ledger(*texts)
            for page in pages:
                page["sections"] = [SectionStart(title="Chapter", level=1, start=0)]
            chunks.append({c["text"] for c in split_pages(pages, budget_tokens=150, count_tokens=by_words)})
            texts[changed] = f"Chapter {changed}\n\n{prose(900 + changed)}\n\n{prose(950 + changed)}"
        moved.append(len(chunks[1] - chunks[0]))
    assert max(moved) <= 12  # of some 90
    assert sum(moved) <= 5 * len(moved)
