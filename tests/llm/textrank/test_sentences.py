"""Sentences: where they begin and end in printed text, and which of them are prose."""

import pytest

from llm.textrank.sentences import SOUND, prose, read_sentences


@pytest.mark.parametrize(
    "line",
    [
        "The depths in May were 4.2 4.1 3.9 3.8 4.0 and in June 4.0 3.9 3.7 3.6 3.5 metres.",
        "where x = y + z for a, b and c in k.",
        "Table 3: Depth of the harbour mouth by month.",
        "표 3. 달마다 잰 항구 어귀의 깊이와 물살의 빠르기.",
        "| harbour | depth of the mouth | metres above the sand |",
        "Thank you all.",
        "The Harbour of Linden and Its Old Breakwater.",
        "Finkel, J., Grenager, T. and Manning, C. 2005.",
        "Think you know why harbours silt up? try the challenge of the tide, 2018.",
        "Gibbs sampling in practice. In Proceedings of ACL 2005, pages 363-370.",
        "We thank the council of Linden for the boat that it lent to us.",
        "Thereportsaysthattheharboursiltsupeveryspring and that the town must dredge it.",
        "and so it was that the harbour silted up for good.",
        "Some plans for the harbour of Linden in the coming years",
    ],
)
def test_what_is_no_sound_sentence_is_known(line: str) -> None:
    assert prose(line) < SOUND


@pytest.mark.parametrize(
    "line",
    [
        "The council will shorten the breakwater by forty metres.",
        "In 2021 the town spent 340,000 euros on dredging, 12.5% more than in 2020.",
        "Ponte and Croft (1998) introduce two models that rank documents by how likely a query is.",
        "“We shorten it,” the mayor said to the people in the hall.",
        "의회는 방파제를 사십 미터 줄이기로 했다.",
        "이는 2021년보다 12.5% 늘어난 34만 유로에 이르는 금액이다.",
        "工程师发现旧防波堤改变了水流，把泥沙留在港口里面。",
        "技術者たちは古い防波堤が流れを変えることを発見した。",
    ],
)
def test_a_sound_sentence_is_known(line: str) -> None:
    assert prose(line) >= SOUND


def test_lines_of_a_printed_column_make_one_sentence() -> None:
    printed = (
        "The engineers found that the old breakwater turns\nthe current and drops its sand in the Port of\n"
        "Linden. The council decided in May to move the\n2,000 stones of the breakwater before the winter.\n"
        "Cost\nNobody has yet said what this will cost the town.\n"
    )
    assert [s.text for s in read_sentences(printed)] == [
        "The engineers found that the old breakwater turns the current and drops its sand in the Port of Linden.",
        "The council decided in May to move the 2,000 stones of the breakwater before the winter.",
        "Cost",
        "Nobody has yet said what this will cost the town.",
    ]


def test_one_line_per_paragraph_keeps_its_line_breaks() -> None:
    items = [f"Item {i}: {'the old breakwater and the current that it turns, ' * 5}and the sand" for i in range(3)]
    assert [s.text for s in read_sentences("\n".join(items))] == items


def test_a_korean_quotation_stays_in_its_sentence() -> None:
    text = '의장은 기자들에게 "방파제를 줄이기로 했다."라고 말했다. 기술자들은 내년 봄에 공사를 시작한다.'
    assert read_sentences(text)[0].text == '의장은 기자들에게 "방파제를 줄이기로 했다."라고 말했다.'


def test_a_korean_date_stays_in_its_sentence() -> None:
    said = ["위원회는 2024. 10. 11. 국회에서 법안을 의결하였다.", "2025.1.1. 이후 체결되는 계약부터 적용한다."]
    assert [s.text for s in read_sentences(" ".join(said))] == said


def test_headings_and_list_markers_are_no_part_of_a_sentence() -> None:
    text = "## Plans for the harbour\nThe council will shorten the breakwater.\n- It costs less.\n2) It is safe.\n"
    assert [s.text for s in read_sentences(text)] == [
        "Plans for the harbour",
        "The council will shorten the breakwater.",
        "It costs less.",
        "It is safe.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "बंदरगाह समिति ने मंगलवार को नए तटबंध के निर्माण को मंजूरी दी।",
        "הָעֲבוֹדוֹת יִמָּשְׁכוּ אַחַד עָשָׂר חֳדָשִׁים בַּנָּמֵל הַיָּשָׁן שֶׁל הָעִיר.",
        "துறைமுக வாரியம் செவ்வாய்க்கிழமை புதிய அலைத்தடுப்பை அங்கீகரித்தது என்று கூறப்பட்டது.",
        "ဆိပ်ကမ်းကော်မတီသည် အင်္ဂါနေ့တွင် လှိုင်းကာအသစ် တည်ဆောက်ရန် အတည်ပြုခဲ့သည်။",
        "คณะกรรมการท่าเรืออนุมัติการก่อสร้างเขื่อนกันคลื่นแห่งใหม่เมื่อวันอังคาร",
    ],
    ids=["Hindi", "pointed Hebrew", "Tamil", "Burmese", "Thai"],
)
def test_signs_that_combine_are_letters(text: str) -> None:
    (sentence,) = read_sentences(text)
    assert sentence.prose > 0


@pytest.mark.parametrize(
    "block",
    [
        "```text\nThe harbour of Linden opens at six in the morning.\nThe bridge opens at seven.\n```",
        "$ harbour open --gate 2\nThe harbour of Linden opens at six in the morning.",
        '>>> harbour.open()\n"The harbour of Linden opens at six in the morning."',
    ],
)
def test_code_and_what_it_prints_are_no_prose(block: str) -> None:
    statement = "The council will shorten the breakwater by forty metres."
    found = read_sentences(f"{statement}\n\n{block}\n\n{statement}")
    assert [sentence.prose > 0 for sentence in found] == [True, *[False] * (len(found) - 2), True]
    assert len(found) > 3


def test_a_fence_without_its_other_half_hides_nothing() -> None:
    statement = "The council will shorten the breakwater by forty metres."
    found = read_sentences(f"some code\n```\n\n{statement}\n\nThe price was $ 40 million for the town of Linden.")
    assert [sentence.prose >= SOUND for sentence in found][-2:] == [True, True]


def test_an_item_that_begins_small_is_less_than_a_sentence() -> None:
    term = "harbour fee: what the owner of a boat pays to the town of Linden each year."
    (entry,), (sentence,) = (read_sentences(f"- {text}") for text in (term, term.capitalize()))
    assert entry.prose < sentence.prose
