"""Answers that are more than a summary, or none."""

import pytest

from graph.calling.answer_cleanup import clean, in_language, without_loop

SAID = "The harbour board approved the breakwater. It costs 485 thousand euros."
DOCUMENT = (
    "The harbour board met on Monday. I cannot help the board with this request, wrote the mayor. It rained."
)
ASKED = (
    "Create a summary of the following document. Attend to the main points. Write it in English.\n\n"
    f"<document>\n{DOCUMENT}\n</document>"
)
PREFACED = {
    "sure": f"Sure! {SAID}",
    "here is": f"Sure! Here is a summary of the document:\n\n{SAID}",
    "on one line": f"Here's a summary of the document: {SAID}",
    "with more words": f"Okay, here's a concise summary of the text, focusing on the main points:\n\n{SAID}",
    "a label": f"**Summary:**\n{SAID}",
    "a heading": f"# Summary\n\n{SAID}",
    "German": f"Gerne! Hier ist eine Zusammenfassung des Dokuments:\n\n{SAID}",
    "French": f"Voici un résumé du document :\n\n{SAID}",
    "Spanish": f"Claro, aquí tienes un resumen:\n\n{SAID}",
    "Korean": f"네, 다음은 문서의 요약입니다.\n\n{SAID}",
    "Japanese": f"以下は文書の要約です。\n\n{SAID}",
    "Chinese": f"好的，以下是文档的摘要：\n{SAID}",
    "an offer": f"{SAID}\n\nLet me know if you want more details!",
    "two offers": f"{SAID} I hope this helps! Would you like me to shorten it?",
    "a fence": f"```markdown\n{SAID}\n```",
    "a fence of tildes": f"~~~\n{SAID}\n~~~",
    "a fence that was cut": f"```\n{SAID}",
    "a preface and a fence": f"Here is the summary:\n\n```\n{SAID}\n```",
    "tags": f"<summary>{SAID}</summary>",
    "the prompt": f"{ASKED}\n\n{SAID}",
    "the instructions": f"Create a summary of the following document. Attend to the main points.\n\n{SAID}",
    "an instruction in the end": f"{SAID}\n\nWrite it in English. Attend to the main points.",
}
KEPT = {
    "of course": "Of course, the board disagreed.",
    "here is": "Here is where the river ends: at sea.",
    "great": "Great Britain left. The board stayed.",
    "summary": "Summary trials ended: all were let go.",
    "hope": "I hope this letter finds you well, wrote the mayor.",
    "code": "```\nx = 1\n```\n\nThis is what the program does.",
    "a list": "- one\n- two",
    "a colon": "The board named three points: cost, time, and weather.",
}
REFUSALS = [
    "I cannot summarize this document.",
    "I'm sorry, but I can't assist with that request.",
    "Sorry, I can’t help with that.",
    "I am unable to provide a summary because the text is explicit. Please provide another text.",
    "As an AI language model, I can't read files.",
    "Please provide the document you would like me to summarize.",
    "There is no document provided.",
    "It seems that no text was included in your request.",
    "Es tut mir leid, aber ich kann dieses Dokument nicht zusammenfassen.",
    "Je ne peux pas résumer ce texte.",
    "죄송합니다. 이 문서를 요약할 수 없습니다.",
    "申し訳ありませんが、この文書を要約できません。",
    "抱歉，我无法总结这份文件。",
]
NO_REFUSALS = [
    "I cannot help the board with this request, wrote the mayor.",  # as in the document
    "I cannot forget the harbour.",
    "The board cannot approve the document. It is sorry.",
    "The author apologizes for the delay of the document.",
    "There is a harbour. It was provided with cranes and a document.",
    f"I cannot open the file, but this is what the text says. {SAID} It was long. The mayor agreed. It rained.",
]


@pytest.mark.parametrize("answer", PREFACED.values(), ids=PREFACED)
def test_what_stands_around_a_summary_goes(answer: str) -> None:
    assert clean(answer, ["You summarize.", ASKED], DOCUMENT) == (SAID, None)


@pytest.mark.parametrize("answer", KEPT.values(), ids=KEPT)
def test_what_only_looks_like_it_stays(answer: str) -> None:
    assert clean(answer, [ASKED], DOCUMENT) == (answer, None)


@pytest.mark.parametrize(
    "answer",
    [
        ASKED,
        ASKED[:60],
        "Write it in English. " * 9,
        f"<document>\n{DOCUMENT}\n</document>\n\nWrite it in English. Attend to the main points.",
        f"Create a summary of the following document. Attend to\n\n{DOCUMENT[:70]}",
    ],
)
def test_a_prompt_said_again_is_no_summary(answer: str) -> None:
    assert clean(answer, [ASKED], DOCUMENT) == ("", "echo")


def test_an_instruction_that_the_document_has_too_is_no_echo() -> None:
    document = "The rule is: attend to the main points of it all."
    asked = f"Attend to the main points of it all. <document>{document}</document>"
    assert clean(document, [asked], document) == (document, None)


def test_a_copy_of_the_document_is_no_echo() -> None:
    assert clean(DOCUMENT, [ASKED], DOCUMENT) == (DOCUMENT, None)


@pytest.mark.parametrize("answer", REFUSALS)
def test_refusals(answer: str) -> None:
    assert clean(answer, [ASKED], DOCUMENT).fault == "refusal"


@pytest.mark.parametrize("answer", NO_REFUSALS)
def test_what_is_no_refusal(answer: str) -> None:
    assert clean(answer, [ASKED], DOCUMENT) == (answer, None)


@pytest.mark.parametrize("answer", ["", "<think>\n</think>", "Here is a summary of the document:"])
def test_nothing_said(answer: str) -> None:
    assert clean(answer, [ASKED], DOCUMENT).text == ""
    assert clean(answer, [ASKED], DOCUMENT).fault in ("empty", "echo")


def test_another_language_is_noticed_where_it_is_plain() -> None:
    spanish = (
        "El consejo del puerto aprobó el rompeolas después de una larga discusión sobre los costes y los plazos."
    )
    names = "Findings: LLaMA 2, GPT-4, Qwen, DeepSeek, Mistral, Gemma, Claude, Phi, Falcon, Mixtral, Nemotron."
    assert in_language(clean(spanish, [ASKED], DOCUMENT), "English") == (spanish, "language")
    assert in_language(clean(spanish, [ASKED], DOCUMENT), "Spanish").fault is None
    assert in_language(clean(spanish, [ASKED], DOCUMENT), "simple words").fault is None
    assert in_language(clean(names, [ASKED], DOCUMENT), "German").fault is None


def test_a_loop_that_the_document_has_too_is_none() -> None:
    row = "The reading was nine metres today. "
    assert without_loop(row * 5, "") == row.strip()
    assert without_loop(row * 5, row * 9) == row * 5
