"""Sentences: cut where they end, in many languages, not at abbreviations, and nothing lost."""

from __future__ import annotations

import pytest

from llm.language.sentences import cut_point, split_sentences

# language to split by (None: found in the text), and the sentences
CASES: list[tuple[str | None, list[str]]] = [
    (None, ["One sentence. ", "Another one! ", "A third?"]),
    (
        None,
        [
            "It is by Smith et al. (2020), see Fig. 3 and Eq. 2. ",
            "The U.S. market grew by 3.5%. ",
            "Dr. Lee left.",
        ],
    ),
    (None, ["This is known (Sutton et al., 2019). ", "J. R. R. Tolkien wrote it. ", "The U.S. Navy won."]),
    (
        None,
        ["See p. 3 and No. 5 below. ", "It is 3.5 metres, e.g. this one. ", "He came, i.e. Mr. Lee did. ", "End."],
    ),
    (None, ["He moved to the U.S. ", "The market there grew. ", "So did the U.K. ", "It was good."]),
    (None, ["It was founded in 2024. ", "10 people came."]),
    (None, ["1. First item. ", "It goes on.\n", "2. Second item.\n"]),
    (None, ["A heading\n", "A sentence.\n\n", "Another paragraph."]),
    (None, ["It has vitamin C. ", "It is good for you. ", "That was plan B. ", "The next one failed."]),
    (None, ['He asked "What?" ', "Nobody knew. ", "She said no. ", "They left (see p. 5). ", "That was all."]),
    (None, ["물가는 3.5% 올랐다. ", "그래서 금리를 올렸나? ", "아니다."]),
    (None, ['"그렇다."라고 말했다. ', "다음 문장이다."]),
    (None, ['그는 "간다."는 말을 했다. ', "그리고 갔다."]),
    (None, ["그는 “좋다.”라고 했다. ", "그리고 갔다."]),
    (None, ['그는 "좋다." 라고 했다. ', "그리고 갔다."]),
    (None, ["위원회는 2024. 10. 11. 국회에서 의결하였다. ", "2025.1.1. 이후 계약부터 적용한다. ", "끝."]),
    (None, ["가. 목적은 이것이다.\n", "나. 범위는 저것이다."]),
    (
        "de",
        [
            "Am 3. Oktober war Dr. Meier z. B. in Bonn. ",
            "Nach § 5 Abs. 2 Nr. 3 gilt das bzw. gilt es nicht. ",
            "Ende.",
        ],
    ),
    (
        "de",
        [
            "Im 19. Jahrhundert und vor dem 2. Weltkrieg war es so. ",
            "Es kostete 3,5 Mio. Euro. ",
            "Er kam 1990. ",
            "Dann ging er.",
        ],
    ),
    (None, ["Am 3. Oktober kam er, vgl. Abs. 2 und Nr. 5, d. h. spät. ", "Sie kamen z. B. aus Bonn."]),
    ("cs", ["Schůze se konala 5. května. ", "Bylo to 3. setkání. ", "Prošlo to."]),
    ("hu", ["Az ülés 2020. május 5. napján volt. ", "A II. kerület vett egy házat. ", "Kb. 30 fő jött."]),
    ("ko", ["위원회는 3. 1. 회의를 열었다. ", "예산은 5억 원이다."]),
    ("fr", ["Il est parti le 1er. mars. ", "Voir p. 12. ", "Puis il est revenu."]),
    ("sv", ["Mötet hölls den 5. maj i år. ", "Det kostar ca. 5 milj. kr. ", "Alla kom."]),
    ("ro", ["Dl. Popescu a venit. ", "Costă 5 mil. lei. ", "E mult."]),
    ("pl", ["To mniej niż w ub. roku. ", "Koniec."]),
    ("fr", ["M. Dupont est arrivé avec Mme. Curie, p. ex. hier. ", "Voir le chap. 5 et la p. 3. ", "C'est tout."]),
    (
        "pl",
        [
            "W XX w. przed wojną prof. Kowalski mieszkał przy ul. Długiej. ",
            "A. Mickiewicz pisał np. wiersze. ",
            "To jest 5. rozdział. ",
            "Koniec.",
        ],
    ),
    ("es", ["El Sr. García vive en EE. UU. desde 2000. ", "La pág. 5 lo dice. ", "¿Qué dice? ", "¡Nada!"]),
    ("it", ["Il Sig. Rossi abita qui. ", "Lo dice a pag. 5. ", "Fine."]),
    ("nl", ["Dr. De Vries komt bijv. morgen. ", "Zie p. 5. ", "Klaar."]),
    ("ru", ["В 1990 г. Москва росла, см. рис. 5. ", "А. С. Пушкин писал. ", "Конец."]),
    (None, ["文章です。", "次の文です！", "本当ですか？", "はい。"]),
    (None, ["彼は「行く。」と言った。", "そして行った。"]),
    (None, ["你好。", "他吃了吗？", "没有！", "第3.5节如下。"]),
    (None, ["他说：“你好。”", "“再见。”她说。", "他走了。"]),
    (None, ["他说：“我走了。”", "她问：“为什么？”", "他走了。"]),
    (None, ["यह एक वाक्य है। ", "वह दूसरा है॥ ", "मूल्य 3.5 है।"]),
    (None, ["هل هذا سؤال؟ ", "نعم هذا جواب. ", "القيمة 3.5 هنا."]),
    (None, ["یہ ایک جملہ ہے۔ ", "کیا یہ سوال ہے؟ ", "جی ہاں۔"]),
    (None, ["Սա նախադասություն է։ ", "Սա մյուսն է։"]),
    (None, ["ይህ ነው። ", "ያ ነው፡፡ ", "ያ ምንድን ነው፧ ", "ይህ።"]),
    (None, ["ဒါက စာကြောင်း ဖြစ်တယ်။ ", "ဒါလည်း ဖြစ်တယ်။"]),
    (None, ["នេះជាប្រយោគ។ ", "នោះជាប្រយោគមួយទៀត។"]),
    (
        None,
        [
            "คณะกรรมการเมืองได้ตัดสินใจซ่อมแซมเขื่อนกันคลื่นเก่าของท่าเรือในฤดูใบไม้ผลิหน้า ",
            "วิศวกรพบว่ากระแสน้ำ พัดทรายเข้ามาในท่าเรือทุกปีและต้องขุดลอกอยู่เสมอ ",
            "ไม่มีใครรู้ราคา",
        ],
    ),
    (
        "fr",
        [
            "Selon l'art. 12, il vécut au Ier s. av. J.-C. à Rome. ",
            "J.-P. Sartre vit le Pr. Durand le 1er. Mai. ",
            "Fin.",
        ],
    ),
    ("it", ["L’art. 5 della legge n. 3 è chiaro. ", "Vedi l'art. 6. ", "Fine."]),
    ("pl", ["Zob. Dz.U. z 2010 r. nr 5. ", "Dr hab. Nowak i mgr Lis wrócili, tj. przyjechali. ", "Koniec."]),
    ("nl", ["Dhr. Jansen en mevr. De Boer kwamen o.a. uit Breda. ", "Klaar."]),
    ("sv", ["Det gäller t.ex. hundar, bl.a. taxar. ", "Slut."]),
    ("hu", ["A 3. fejezet 2010. május 5-én jelent meg. ", "Vége."]),
    (
        None,
        ["Income from non-U.S. sources is taxed. ", "Line 66—U.S. tax is not. ", "It was on NPR. ", "The end."],
    ),
    (None, ["Ms. Boland came. ", "Vol. 85, No. 152\n"]),
    (None, ["これはペンです。", "（図3を参照。）", "次です。"]),
    (None, ["यह डॉ. शर्मा हैं। ", "मूल्य रु. 500 है।"]),
    (None, ["قال د. أحمد ذلك. ", "نعم."]),
]


@pytest.mark.parametrize(("language", "expected"), CASES, ids=[sentences[0][:40] for _, sentences in CASES])
def test_sentences(language: str | None, expected: list[str]) -> None:
    assert split_sentences("".join(expected), language) == expected


@pytest.mark.parametrize(
    "text",
    ["", "\n\n \n", "  lead. \r\n\ttail", "a\u2028b\x0cc. d", "“" + "open. " * 999, "." * 5000, "።። ፡፡ ។\n៕ "],
)
@pytest.mark.parametrize("language", [None, "de", "th", "xx"])
def test_the_parts_are_the_text(text: str, language: str | None) -> None:
    assert "".join(split_sentences(text, language)) == text


def test_the_language_is_found_in_the_text() -> None:
    text = (
        "Die alte Mole lenkt die Strömung ab und lässt den Sand im Hafen liegen. Der Rat beschloss das im "
        "19. Jahrhundert. Seit dem 2. Weltkrieg wird jedes Jahr gebaggert."
    )
    assert len(split_sentences(text)) == 3


def test_a_quotation_that_never_closes_still_ends() -> None:
    assert max(map(len, split_sentences(f"He said {'“'}{'It goes on. ' * 300}”"))) < 1000


def test_a_cut_goes_after_a_clause_then_a_word_then_anywhere() -> None:
    assert cut_point("a clause that ends, and words", 25) == len("a clause that ends, ")
    assert cut_point("only words without a comma", 14) == len("only words ")
    assert cut_point("x" * 30, 14) == 14
    assert cut_point("xxxxe\u0301xx", 5) == 4
    assert cut_point("ab", 1) == 1
