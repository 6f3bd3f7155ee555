"""Text files in any encoding: what the file says, what its bytes say, and nothing lost or made up in silence."""

from __future__ import annotations

import random

import pytest
from pydantic import ValidationError

from graph.documents import LoadConfig
from graph.documents.encoding import decode

ENGLISH = "The port committee publishes its minutes every month, and this part of them is in English only. " * 40
TEXTS = {
    "cp1250": "Rada portu zatwierdziła budowę falochronu. Roboty potrwają jedenaście miesięcy, łodzie mogą wejść.",
    "iso8859-2": "Zastupitelé schválili rozpočet města. Nejvíce peněz půjde na školy, silnice a nový přístav.",
    "cp1251": "Совет порта утвердил строительство нового волнолома. Работы продлятся одиннадцать месяцев.",
    "koi8-r": "Рыбаки смогут пользоваться внутренней гаванью и во время работ, решил совет.",
    "cp1253": "Το συμβούλιο ενέκρινε τον προϋπολογισμό. Τα σχολεία θα πάρουν τα περισσότερα χρήματα φέτος.",
    "cp1254": "Belediye meclisi bütçeyi onayladı. En çok para okullara, köprünün inşaatı ilkbaharda başlıyor.",
    "cp1255": "מועצת הנמל אישרה ביום שלישי את בניית שובר הגלים החדש. העבודות יימשכו אחד עשר חודשים.",
    "cp1256": "وافق مجلس الميناء يوم الثلاثاء على بناء حاجز الأمواج الجديد. ستستمر الأعمال أحد عشر شهرا.",
    "cp1257": "Taryba antradienį patvirtino kitų metų biudžetą. Daugiausia pinigų gaus mokyklos ir keliai.",
    "cp932": "町議会は火曜日に来年の予算を承認した。学校と道路に最も多くの資金が使われる。",
    "euc_jp": "橋の建設は春に始まる予定である。町議会は火曜日に来年の予算を承認した。",
    "gb18030": "港口委员会星期二批准了新防波堤的建设。工程将持续十一个月。",
    "big5": "港口委員會星期二批准了新防波堤的建設。工程將持續十一個月。",
    "cp949": "항만 위원회는 화요일에 새 방파제 건설을 승인했다. 공사는 열한 달이 걸린다.",
    "cp1252": "Der Rat hat am Dienstag den Haushalt beschlossen. Größere Brücken müssen warten, „Schulen“ nicht.",
    "cp866": "Совет порта утвердил во вторник строительство нового волнолома.",
    "tis_620": "คณะกรรมการท่าเรืออนุมัติการก่อสร้างเขื่อนกันคลื่นใหม่เมื่อวันอังคาร",
    "iso2022_jp": "町議会は火曜日に来年の予算を承認した。",
}


@pytest.mark.parametrize("before", ["", ENGLISH], ids=["alone", "behind English"])
@pytest.mark.parametrize("encoding", TEXTS)
def test_an_older_encoding_is_told_however_much_ascii_there_is(encoding: str, before: str) -> None:
    text = before + TEXTS[encoding]
    decoded = decode(text.encode(encoding))
    assert decoded is not None
    assert decoded.text == text
    assert decoded.is_guess


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [ENGLISH, "Le conseil a approuvé la digue — à Noël. " * 3])
def test_wide_characters_without_a_mark_are_told_by_their_nuls(encoding: str, text: str) -> None:
    decoded = decode(text.encode(encoding))
    assert decoded is not None
    assert (decoded.text, decoded.encoding, decoded.is_guess) == (text, encoding, True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_what_the_file_says_of_itself_is_no_guess(encoding: str) -> None:
    decoded = decode(TEXTS["cp1252"].encode(encoding))
    assert decoded is not None
    assert (decoded.text, decoded.is_guess, decoded.lost) == (TEXTS["cp1252"], False, 0)


@pytest.mark.parametrize("bad", [b"\xe9", b"\xff", b"\xe2\x82", b"\xed\xa0\x80"])
def test_a_bad_byte_costs_its_own_place_and_no_other(bad: bytes) -> None:
    """The whole text is not read in some other encoding because of it."""
    before, after = "Le café est fermé à Noël, là-bas. ", "L’été revient — déjà. " * 9
    decoded = decode(before.encode() + bad + after.encode())
    assert decoded is not None
    assert decoded.text.startswith(before)
    assert decoded.text.endswith(after)
    assert 1 <= decoded.lost <= 3
    assert not decoded.is_guess


def test_half_a_character_at_a_limit_of_ours_is_not_damage() -> None:
    content = ("é" * 8 + "Noël").encode()[:-2]
    whole, cut = decode(content), decode(content, is_whole=False)
    assert whole is not None
    assert cut is not None
    assert (whole.lost, cut.lost, cut.text) == (1, 0, "é" * 8 + "No")


@pytest.mark.parametrize(
    "text",
    [
        "He said “yes” and left — at once… It’s done.",
        ENGLISH + "They met in a café. ",
        ENGLISH + "The naïve résumé of Zürich cost £5 or €7 at 20 °C.",
        "See § 5 and § 7; ½ of it ± 3 µm × 2.",
        "Agenda:\n• one\n• two\n• three\n",
        "Åsa åt ål på ön. Vår ås är hög.",
    ],
)
def test_little_evidence_is_western(text: str) -> None:
    decoded = decode(text.encode("cp1252"))
    assert decoded is not None
    assert decoded.text == text


def test_an_encoding_that_is_named_is_taken() -> None:
    decoded = decode("Wałęsa".encode("cp1250"), encoding="cp1250")
    assert decoded is not None
    assert (decoded.text, decoded.is_guess) == ("Wałęsa", False)


@pytest.mark.parametrize("name", ["no-such", "base64"])
def test_an_encoding_that_is_none_of_text_is_refused_in_the_configuration(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        LoadConfig(encoding=name)


def test_what_is_no_text_is_none() -> None:
    noise = random.Random(7).randbytes(4096)
    assert decode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + noise) is None
    assert decode(b"GIF89a" + bytes(1 + byte % 255 for byte in noise)) is None
