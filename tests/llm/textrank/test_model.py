"""The built-in model: what it picks, what it may never do, and how it behaves as a chat model."""

import asyncio
import sys
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from subprocess import run

import pytest
from langchain_core.exceptions import ContextOverflowError, ModelInvalidRequestError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from llm import TextRank, estimate_tokens
from llm.textrank.sentences import read_sentences

ENGLISH = """\
Harbour town plans

The harbour of Linden silts up, and the town must dredge the harbour every spring at great cost. The council \
asked three engineers why the harbour silts up so quickly. They measured the current at the harbour mouth for \
a whole year. My aunt likes the cafe at the corner.

Table 3: Depth of the harbour by month
Jan 4.2 4.1 3.9 3.8
Feb 4.0 3.9 3.7 3.6

The engineers found that the old breakwater turns the current and drops its sand inside the harbour. A shorter \
breakwater would let the current carry the sand past the harbour mouth. Thank you.

The council decided to shorten the breakwater by forty metres, so that dredging the harbour is needed once in \
ten years. Someone had painted the benches green.

References
Finkel, J., Grenager, T. and Manning, C. 2005. Gibbs sampling. In Proceedings of ACL, pages 363-370.
"""

KOREAN = """\
린든 항구 보고서

린든의 항구는 해마다 모래로 메워지고 마을은 봄마다 큰돈을 들여 항구의 모래를 퍼낸다. \
의회는 항구가 왜 그렇게 빨리 메워지는지 기술자 세 사람에게 물었다. \
기술자들은 한 해 동안 항구의 어귀에서 물살을 재었다. 모퉁이 찻집의 빵은 정말 맛있다.

낡은 방파제가 물살을 돌려 모래를 항구의 안쪽에 떨어뜨린다는 것을 기술자들이 알아냈다. \
방파제를 줄이면 물살이 모래를 항구의 밖으로 실어 나른다. 고맙습니다.

의회는 방파제를 사십 미터 줄이기로 했고, 이제 항구의 모래는 열 해에 한 번만 퍼내면 된다. \
누군가 긴 의자를 초록색으로 칠했다.
"""

CHINESE = (
    "林登港口每年都会被泥沙淤塞，镇上每年春天都要花大钱疏浚港口。"
    "议会请三位工程师调查港口为什么淤塞得这么快。街角的咖啡馆很受欢迎，面包也好吃。"
    "工程师发现旧防波堤改变了水流，把泥沙留在港口里面。"
    "议会决定把防波堤缩短四十米，这样港口十年才需要疏浚一次。"
)

MIXED = ENGLISH + "\n\n" + KOREAN + "\n\n" + CHINESE
TEXTS = {"English": ENGLISH, "Korean": KOREAN, "Chinese": CHINESE, "mixed": MIXED}


def squeeze(text: str) -> str:
    return "".join(text.split())


def answer(text: str, max_tokens: int = 120) -> AIMessage:
    return TextRank(max_tokens=max_tokens).invoke(f"Summarize.\n<document>\n{text}\n</document>")


# What it picks


def test_english_summary_says_what_the_document_is_about_and_leaves_the_rest() -> None:
    summary = str(answer(ENGLISH).content)
    assert "breakwater" in summary
    assert summary.count("harbour") >= 2
    for aside in ("aunt", "benches", "Thank you", "Table 3", "4.2", "Proceedings", "References"):
        assert aside not in summary


def test_korean_summary_says_what_the_document_is_about_and_leaves_the_rest() -> None:
    summary = str(answer(KOREAN, 150).content)
    assert "방파제" in summary
    assert summary.count("항구") >= 2
    for aside in ("찻집", "초록색", "고맙습니다", "보고서"):
        assert aside not in summary


def test_chinese_summary_says_what_the_document_is_about_and_leaves_the_rest() -> None:
    summary = str(answer(CHINESE, 70).content)
    assert "港口" in summary
    assert "咖啡馆" not in summary


def test_korean_words_are_recognized_behind_different_particles() -> None:
    stray = "오늘은 아침부터 하늘이 무척 맑고 바람이 시원하다."
    related = ["방파제가 물살의 방향을 바꾸어 놓았다.", "그 물살은 방파제를 넘지 못하고 멈춘다."]
    text = " ".join([stray, related[0], "사람들은 저녁마다 노래를 부르며 놀았다.", related[1]])
    summary = str(TextRank().invoke(text, max_tokens=45).content)
    assert any(sentence in summary for sentence in related)
    assert stray not in summary


def test_what_was_said_is_not_said_again() -> None:
    said = "The old breakwater turns the current and drops its sand inside the harbour."
    again = "The old breakwater turns the current and drops the sand inside the harbour."
    text = f"{said} {again} {said} The council will shorten the breakwater by forty metres next spring."
    summary = str(TextRank(max_tokens=60).invoke(text).content)
    assert summary.count("drops") == 1
    assert "forty metres" in summary


def test_every_summary_in_a_list_of_summaries_is_heard() -> None:
    parts = [
        "The harbour of Linden silts up every spring. Dredging the harbour costs the town a great deal of money.",
        "The school of Linden has too few rooms for its pupils. Lessons are held in the gymnasium of the school.",
        "The library of Linden lends more books than ever before. Evening hours bring readers to the library.",
        "The railway to Linden was closed for lack of passengers. A bus takes the place of the railway.",
    ]
    summary = str(TextRank(max_tokens=120).invoke("\n\n".join(parts)).content)
    assert [place for place in ("harbour", "school", "library", "railway") if place not in summary] == []


def test_a_part_that_shares_nothing_with_the_others_is_heard_too() -> None:
    harbour = [
        "The harbour of Linden silts up every spring and the town must dredge the harbour.",
        "Dredging the harbour of Linden costs the town more every spring.",
        "The engineers of the town measured the current at the mouth of the harbour.",
        "The old breakwater of the harbour turns the current and drops its sand.",
        "A shorter breakwater would carry the sand past the harbour of Linden.",
        "The town will shorten the breakwater of the harbour before next spring.",
        "The council of Linden has put money for the breakwater and the harbour aside.",
        "Ships will reach the harbour of the town in every season of the year.",
    ]
    bees = "Honey from hives on church roofs won a prize."
    parts = [" ".join(harbour[:4]), " ".join(harbour[4:]), bees]
    summary = str(TextRank(max_tokens=110).invoke("\n\n".join(parts)).content)
    assert bees in summary
    assert "breakwater" in summary


def test_where_a_text_is_made_of_notes_the_notes_are_its_sentences() -> None:
    notes = ["Dredging of the harbour at great cost to the town", "Sand from the river in the harbour mouth"]
    talk = "Welcome to the second meeting of this long and rainy year."
    text = "\n\n".join([talk, *(f"{note} in {month}" for month in ("May", "June", "July") for note in notes)])
    assert "harbour" in str(TextRank(max_tokens=40).invoke(text).content)


def test_of_a_list_of_references_next_to_nothing_is_repeated() -> None:
    names = ("Moss", "Reed", "Sedge", "Thrift")
    entries = [
        f"{name}, J. B. and {name}, A. {year}. How the tide carries {stuff} past the mouth of a river. "
        f"In Proceedings of the Harbour Society, pages {year - 1900}-{year - 1890}. doi:10.1000/{year}."
        for name in names
        for year, stuff in ((1998, "sand"), (2004, "gravel"), (2011, "mud"))
    ]
    summary = str(TextRank().invoke("\n\n".join(entries)).content)
    assert estimate_tokens(summary) <= 64
    assert "Proceedings" not in str(TextRank().invoke("\n\n".join([KOREAN, summary])).content)


@pytest.mark.parametrize("text", ["4.2 4.1 3.9 3.8", "Thank you", "| a | b |", "표 3", "¶ § ¶ §"])
def test_something_is_said_even_of_a_text_without_sentences(text: str) -> None:
    assert squeeze(str(TextRank().invoke(text).content)) in squeeze(text)
    assert TextRank().invoke(text).content


# What it may never do


@pytest.mark.parametrize("max_tokens", [1, 2, 7, 30, 64, 100, 1000])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_answers_keep_to_the_budget_the_order_and_the_words_of_the_source(text: str, max_tokens: int) -> None:
    message = answer(text, max_tokens)
    summary = str(message.content)
    assert estimate_tokens(summary) <= max_tokens
    assert len(summary) <= len(text)
    places = [squeeze(text).find(squeeze(s.text)) for s in read_sentences(summary)]
    assert -1 not in places
    assert all(before < after for before, after in pairwise(places))
    assert message.response_metadata["finish_reason"] in ("stop", "length")


def test_any_text_at_all_is_answered_within_its_bounds() -> None:
    random = Random(5)
    letters = "Ab e.1?!\n\n\t \"'”。가다 라中文|-•#(§é…"
    for _ in range(400):
        text = "".join(random.choice(letters) for _ in range(random.randrange(120)))
        budget = random.randrange(1, 60)
        pieces = [str(chunk.content) for chunk in TextRank().stream([HumanMessage(text)], max_tokens=budget)]
        assert len("".join(pieces)) <= len(text)
        assert estimate_tokens("".join(pieces)) <= budget
        assert all(squeeze(piece) in squeeze(text) for piece in pieces)


def test_a_document_is_never_answered_with_the_whole_of_itself() -> None:
    summary = str(answer(ENGLISH, 4000).content)
    assert 0 < estimate_tokens(summary) <= estimate_tokens(ENGLISH) / 2


def test_a_sentence_over_the_budget_is_cut_after_a_word_and_says_so() -> None:
    sentence = "The engineers found that the old breakwater turns the current and drops its sand in the harbour."
    message = TextRank().invoke(sentence, max_tokens=8)
    assert message.response_metadata["finish_reason"] == "length"
    assert sentence.startswith(f"{message.content} ")
    assert estimate_tokens(str(message.content)) <= 8


def test_the_same_input_gives_the_same_answer() -> None:
    assert len({str(answer(MIXED).content) for _ in range(5)}) == 1
    program = f"from llm import TextRank; print(ascii(TextRank(max_tokens=99).invoke({MIXED!r}).content))"
    runs = [run([sys.executable, "-c", program], capture_output=True, check=True).stdout for _ in range(2)]
    assert runs[0] == runs[1]


@pytest.mark.slow
def test_a_book_of_ten_thousand_sentences_needs_little_memory() -> None:
    """A matrix of 10,000 × 10,000 likenesses would take 800 MB."""
    program = """
import resource
from random import Random
from llm import TextRank
random = Random(1)
words = ["".join(random.choices("abcdefghijklmnop", k=random.randint(3, 9))) for _ in range(20_000)]
book = " ".join(" ".join(random.choices(words, k=15)).capitalize() + "." for _ in range(10_000))
model = TextRank(context_window=10_000_000)
model.invoke("One sentence to load what must be loaded.")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert model.invoke(book).content
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    grown = int(run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
    kilobytes = grown / 1024 if sys.platform == "darwin" else grown
    assert kilobytes < 200_000


# What it reads of a prompt


def test_only_the_document_of_the_last_human_message_is_read() -> None:
    prompt = [
        SystemMessage("You are the clerk of a very careful town council."),
        HumanMessage("<document>The first message speaks of a railway that was closed.</document>"),
        AIMessage("I see."),
        HumanMessage(
            "Please be brief now. <document>The harbour silts up every spring.</document> Write in Korean."
        ),
    ]
    assert TextRank().invoke(prompt).content == "The harbour silts up every spring."


def test_a_document_that_quotes_its_own_tags_is_read_whole() -> None:
    quoted = (
        "Prompts hold the text between <document> and </document> and nothing else. That keeps orders out of it."
    )
    summary = str(TextRank().invoke(f"Go. <document>{quoted}</document>").content)
    assert summary.startswith("Prompts hold the text between <document> and </document>")


def test_without_a_document_the_whole_message_is_read() -> None:
    prompt = [SystemMessage("You are a clerk of the town."), HumanMessage("The harbour silts up every spring.")]
    assert TextRank().invoke(prompt).content == "The harbour silts up every spring."


@pytest.mark.parametrize("prompt", ["", "  \n\n ", "Summarize this. <document>\n \n</document>"])
def test_an_empty_document_gives_an_empty_answer(prompt: str) -> None:
    message = TextRank().invoke([HumanMessage(prompt)])
    assert message.content == ""
    assert message.usage_metadata is not None
    assert message.usage_metadata["output_tokens"] == 0
    assert "".join(str(chunk.content) for chunk in TextRank().stream([HumanMessage(prompt)])) == ""


def test_a_prompt_over_the_context_window_is_refused_with_the_numbers() -> None:
    model = TextRank(context_window=100)
    with pytest.raises(ContextOverflowError, match=r"prompt has \d+ tokens.* 100"):
        model.invoke(ENGLISH)
    with pytest.raises(ContextOverflowError):
        list(model.stream(ENGLISH))


# How it behaves as a chat model


def test_max_tokens_can_be_bound_and_given_per_call() -> None:
    model = TextRank(max_tokens=200)
    wide, narrow = model.invoke(ENGLISH), model.bind(max_tokens=40).invoke(ENGLISH)
    assert estimate_tokens(str(narrow.content)) <= 40 < estimate_tokens(str(wide.content))
    assert model.invoke(ENGLISH, max_tokens=40).content == narrow.content


@pytest.mark.parametrize("max_tokens", [0, -3, "many"])
def test_an_impossible_max_tokens_is_refused(max_tokens: object) -> None:
    with pytest.raises(ModelInvalidRequestError, match="max_tokens"):
        TextRank().invoke(ENGLISH, max_tokens=max_tokens)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_streamed_is_what_is_invoked(text: str) -> None:
    model = TextRank(max_tokens=150)
    chunks = list(model.stream(text))
    whole = model.invoke(text)
    assert len([chunk for chunk in chunks if chunk.content]) == len(read_sentences(str(whole.content)))
    assert "".join(str(chunk.content) for chunk in chunks) == whole.content
    assert [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata] == [whole.usage_metadata]


def test_usage_is_counted_as_the_model_counts() -> None:
    model = TextRank(max_tokens=100)
    prompt = [SystemMessage("Be brief."), HumanMessage(ENGLISH)]
    message = model.invoke(prompt)
    read, written = model.get_num_tokens_from_messages(prompt), model.get_num_tokens(str(message.content))
    assert message.usage_metadata == {
        "input_tokens": read,
        "output_tokens": written,
        "total_tokens": read + written,
    }
    assert read == estimate_tokens("Be brief.") + estimate_tokens(ENGLISH)
    assert len(model.get_token_ids(ENGLISH)) == estimate_tokens(ENGLISH) == model.get_num_tokens(ENGLISH)
    assert message.response_metadata["model_name"] == "textrank"


def test_a_stop_string_ends_the_answer() -> None:
    model = TextRank(max_tokens=150)
    whole = str(model.invoke(ENGLISH).content)
    stop = whole[50:58]
    message = model.invoke(ENGLISH, stop=["never said", stop])
    assert message.content == whole[: whole.index(stop)]
    assert message.response_metadata["finish_reason"] == "stop"
    assert "".join(str(chunk.content) for chunk in model.stream(ENGLISH, stop=[stop])) == message.content


def test_async_calls_answer_as_the_others_do() -> None:
    async def both(model: BaseChatModel) -> tuple[str, str]:
        streamed = "".join([str(chunk.content) async for chunk in model.astream(ENGLISH)])
        return streamed, str((await model.ainvoke(ENGLISH)).content)

    model = TextRank(max_tokens=100)
    assert asyncio.run(both(model)) == (str(model.invoke(ENGLISH).content),) * 2


def test_its_identity_names_every_setting_that_changes_an_answer() -> None:
    def identity(model: TextRank) -> str:
        return model._get_llm_string()

    models = [TextRank(), TextRank(max_tokens=9), TextRank(context_window=9)]
    assert len({identity(model) for model in models}) == 3
    assert identity(TextRank()) == identity(TextRank())


def test_its_profile_says_how_much_it_reads() -> None:
    assert TextRank(context_window=300).profile == {"max_input_tokens": 300, "max_output_tokens": 512}


def imported_by(program: str) -> Iterator[str]:
    code = f"{program}; import sys; print(*sys.modules)"
    yield from run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_importing_it_costs_only_langchain_core() -> None:
    langchain_core = set(imported_by("import langchain_core.language_models"))
    ours = set(imported_by("import llm.textrank.model")) - langchain_core
    heavy = {"numpy", "sentencex", "mlx", "mlx_lm", "transformers", "openai", "langchain", "langgraph"}
    assert not heavy & {name.split(".")[0] for name in ours}
