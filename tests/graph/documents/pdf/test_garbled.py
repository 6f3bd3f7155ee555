"""Characters that are not what the page shows, and everything strange that is."""

import base64
import hashlib
import random
import string
from pathlib import Path

import pytest

from graph.documents import LoadConfig, Reading, clean_pages, read_document
from graph.documents.errors import NoTextError
from graph.documents.pdf.garbled import is_garbled, may_be_garbled
from tests.pdfs import Line, Sheet, make_pdf

ENGLISH = (
    "The harbour board approved the new breakwater on Tuesday. The works will cost about half a million euros "
    "and take eleven months. Fishing boats will be able to use the inner basin all the time. The board will meet "
    "again in March to choose a contractor. Residents may send their objections until the end of February."
)
GERMAN = (
    "Der Hafenausschuss genehmigte am Dienstag den neuen Wellenbrecher. Die Arbeiten kosten etwa eine halbe "
    "Million "
    "Euro und dauern elf Monate. Fischerboote können das innere Becken die ganze Zeit benutzen. Der Ausschuss "
    "tritt "
    "im März wieder zusammen, um einen Unternehmer auszuwählen."
)
UNKNOWN = "\ufffd"
RUSSIAN = (
    "Портовый совет утвердил новый волнорез во вторник. Работы будут стоить около полумиллиона евро и займут "
    "одиннадцать месяцев. Рыбацкие лодки смогут использовать внутреннюю гавань."
)


def turned(text: str, by: int) -> str:
    """Letters moved in the alphabet."""
    low, high = string.ascii_lowercase, string.ascii_uppercase
    return text.translate(str.maketrans(low + high, low[by:] + low[:by] + high[by:] + high[:by]))


def shifted(text: str, by: int) -> str:
    return "".join(letter if letter == " " else chr(ord(letter) + by) for letter in text)


def numbered(text: str) -> str:
    """Codes in the order in which letters are first used, as parts of fonts have them."""
    codes: dict[str, str] = {" ": " "}
    return "".join(codes.setdefault(letter, chr(32 + len(codes))) for letter in text)


GARBLED = {
    **{f"English by {by}": turned(ENGLISH, by) for by in range(1, 26)},
    **{f"German by {by}": turned(GERMAN, by) for by in range(1, 26)},
    "codes by -29": shifted(ENGLISH, -29),
    "codes by 29": shifted(ENGLISH, 29),
    "codes by 3": shifted(ENGLISH, 3),
    "no space": "".join(turned(ENGLISH, 11).split()),
    "private": "".join(chr(0xF000 + ord(letter)) if letter != " " else " " for letter in ENGLISH),
    "vowels unknown": ENGLISH.translate(str.maketrans("aeiou", "\ufffd" * 5)),
    "nothing known": "".join("\ufffd" if letter.isalpha() else letter for letter in ENGLISH),
    "vowels gone": ENGLISH.translate(str.maketrans("", "", "aeiou")),
    "digits for letters": ENGLISH.translate(str.maketrans("aeiost", "430571")),
    "signs for letters": numbered(ENGLISH),
    "Cyrillic as Latin": RUSSIAN.encode("cp1251").decode("latin-1"),
}


@pytest.mark.parametrize("text", GARBLED.values(), ids=GARBLED)
def test_noise_is_seen(text: str) -> None:
    assert may_be_garbled(text)
    assert is_garbled(text.split())


_random = random.Random(7)
SOUND = {
    "English": ENGLISH,
    "German": GERMAN,
    "Russian": RUSSIAN,
    "capitals": ENGLISH.upper(),
    "Polish": "Rada portu zatwierdziła we wtorek nowy falochron. Prace będą kosztować około pół miliona euro i "
    "potrwają jedenaście miesięcy. Chrząszcz brzmi w trzcinie w Szczebrzeszynie. Łodzie rybackie będą mogły",
    "Czech": "Strč prst skrz krk. Přístavní rada schválila v úterý nový vlnolam. Práce budou stát asi půl milionu "
    "eur a potrvají jedenáct měsíců, čtvrtek, zmrzlina, vlk, smrt. Rybářské lodě budou moci",
    "Vietnamese": "Hội đồng cảng đã phê duyệt việc xây dựng đê chắn sóng mới vào thứ Ba. Công trình sẽ kéo dài "
    "mười "
    "một tháng và tốn bốn trăm nghìn đồng. Người dân có thể gửi ý kiến phản đối đến cuối tháng Hai",
    "Finnish": "Satamalautakunta hyväksyi tiistaina uuden aallonmurtajan. Työt maksavat noin puoli miljoonaa "
    "euroa "
    "ja kestävät yksitoista kuukautta. Kalastusalukset voivat käyttää sisäallasta koko ajan",
    "Welsh": "Cymeradwyodd bwrdd yr harbwr y morglawdd newydd ddydd Mawrth. Bydd y gwaith yn costio tua hanner "
    "miliwn ewro ac yn cymryd un mis ar ddeg. Bydd cychod pysgota yn gallu defnyddio'r basn mewnol drwy'r amser",
    "Hawaiian": "Ua ʻāpono ka papa awa i ka pale nalu hou ma ka Pōʻalua. E lilo ana ka hana ma kahi o ka hapalua "
    "miliona a e lawe i ʻumikumamākahi mahina. Hiki i nā waʻa lawaiʻa ke hoʻohana i ke kahawai",
    "pinyin": "Gang wu wei yuan hui xing qi er pi zhun le xin fang bo di de jian she. Gong cheng yu ji xu yao "
    "shi yi "
    "ge yue. Xuexi Zhongguo wenxue jingji zhengzhi guanxi zhuanjia shengchan xianzai yijing qingkuang jiejue",
    "Irish": "Cheadaigh bord an chuain an tonnbhriseadh nua Dé Máirt. Cosnóidh na hoibreacha thart ar "
    "leathmhilliún "
    "euro agus tógfaidh siad aon mhí dhéag. Beidh báid iascaigh in ann an duga istigh a úsáid i rith an ama",
    "Albanian": "Këshilli i portit miratoi valëthyesin e ri të martën. Punimet do të kushtojnë rreth gjysmë "
    "milioni "
    "euro dhe do të zgjasin njëmbëdhjetë muaj. Xhaxhai, xhami, qytet, qen, shqip, gjuhë, hyrje",
    "phonetic": "ðə ˈhɑːbə bɔːd əˈpruːvd ðə njuː ˈbreɪkwɔːtər ɒn ˈtjuːzdeɪ wɜːks wɪl kɒst əˈbaʊt hɑːf ə ˈmɪljən "
    * 2,
    "Korean": "항만 위원회는 화요일에 새 방파제 건설을 승인했다 공사는 열한 달 걸린다 " * 5,
    "acronyms": "NATO UNESCO HTML HTTPS DHCP LDAP NASA FBI CIA DVD CPU GPU RAM USB PDF XML JSON SQL WWW FAQ NGO "
    "GDP "
    "IMF WHO WTO OECD OPEC ASEAN UNHCR UNCTAD FIFA UEFA IATA ICAO IEEE ISBN ISSN RSVP VLSI MPEG JPEG KVM",
    "genes": "BRCA1 BRCA2 TP53 CDKN2A PTEN KRAS NRAS HRAS EGFR MYC BCL2 CCND1 RB1 APC MLH1 MSH2 VHL NF1 SMAD4 "
    "STK11 "
    "CDH1 ATM CHEK2 PALB2 RAD51C FGFR3 PDGFRA JAK2 FLT3 NPM1 IDH1 DNMT3A TET2 ASXL1 EZH2 RUNX1 CEBPA WT1 GATA2",
    "chemistry": "NaCl H2SO4 C6H12O6 CH3COOH KMnO4 NH4OH CaCO3 Fe2O3 AgNO3 HNO3 methylbenzene hydroxyzine xylitol "
    "phenylalanine oxybutynin trifluoromethyl pyridoxine cyclohexylmethyl thiophenol dichlorodiphenyl " * 2,
    "formulas": r"x^2+y^2=z^2 f(x)=ax+b \int_0^1 (a+b)^2 = a^2+2ab+b^2 |x|<1 {x:x>0} g(x,y)=(x-y)/2 p(x|y) "
    "[0,1] n! "
    "k!(n-k)! (1-p)^k e^{-x} ax^2+bx+c=0 i.e. (x_1,...,x_n) sin(x)/x lim_{n->oo} " * 3,
    "probabilities": "Pr(Cm, P(cm P(wm|Cm, Chp,Cm-1,Wp), PR(null [s, vp, said) "
    "P(per/nnp,vbd P(Wm|ICm,tm,Wh) e(cH|Cp) P(Cm|Cp,Chp,Cm-1) F(Tree) P(tm|Icm,Wh) Ch, PER-R/NP. "
    "Wh(tm) Known(Wm) P(vp|S) Q(np|Vp) R(xi|Yj,zk) "
    "Max(cm,Cp) Lm(a,B) Sup(f|X) Inf(g|Y) Arg(h,K) "
    "P(Fm|tm,Wh) P'(cm|Cp) K(Xi,xj) Phi(x,Y) E(Xn) Var(Yi) Cov(X,y) Log(P(x)) ",
    "code": Path(random.__file__).read_text(encoding="utf-8"),
    "abbreviations": "dept mgmt natl intl govt assn bldg blvd pkwy hwy tbsp mktg mfg pkg qty rcvd rqmt svc tech "
    "univ "
    "wkly yrly acct asst atty avg cert coll corp ctr dist div equip est exec fwd genl hosp hrly inst maint misc",
    "bullets": "\uf0b7 The board meets. \uf0b7 The works begin. \uf0a7 Boats may use the basin. \uf0d8 See below. "
    * 5,
    "leaders": " ".join(
        f"The harbour of {word} {UNKNOWN * (9 + n % 7)} {n}" for n, word in enumerate(ENGLISH.split())
    ),
    "stars": "\uf005\uf005\uf005\uf005\uf005 Harbour \uf005\uf005\uf005 Museum \uf005\uf005\uf005\uf005 " * 9,
    "hex": " ".join(hashlib.sha256(bytes([n])).hexdigest()[:40] for n in range(60)),
    "base64": " ".join(base64.b64encode(_random.randbytes(45)).decode() for _ in range(40)),
    "base32": " ".join(base64.b32encode(_random.randbytes(30)).decode() for _ in range(40)),
    "numbers of parts": " ".join(f"{'ABCDEFGH'[n % 8]}{'XYZWQ'[n % 5]}-{100 + 389 * n % 900}" for n in range(150)),
    "codes": " ".join(
        f"{_random.choice(['AB', 'XK', 'QZ'])}{n}-{_random.choice('XYZ')}{n % 97}" for n in range(99)
    ),
    "keys": " ".join("".join(_random.choices(string.ascii_lowercase + string.digits, k=9)) for _ in range(80)),
    "protein": " ".join("".join(_random.choices("ACDEFGHIKLMNPQRSTVWY", k=60)) for _ in range(20)),
    "digits": " ".join(str(n * n) for n in range(300)),
    "nothing": "",
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_what_is_strange_and_sound_is_kept(text: str) -> None:
    assert not is_garbled(text.split())


def page(text: str, top: float = 780, wide: bool = False) -> list[Line]:
    words = text.split(" ")
    size = 6.0 if wide else 11.0
    return [
        (50, top - 14 * row, size, " ".join(words[8 * row : 8 * row + 8])) for row in range(len(words) // 8 + 1)
    ]


def read(tmp_path: Path, lines: list[Line]) -> Reading:
    path = tmp_path / "paper.pdf"
    path.write_bytes(make_pdf([Sheet([line for line in lines if line[3]])]))
    return read_document(path, LoadConfig(ocr="off"))


@pytest.mark.parametrize("name", ["English by 11", "codes by -29", "private", "vowels unknown"])
def test_a_file_of_nothing_else_is_refused_with_its_font(tmp_path: Path, name: str) -> None:
    lines = page(GARBLED[name], wide=not GARBLED[name].isascii())
    with pytest.raises(
        NoTextError, match=r"on page 1, the file gives wrong characters for .*\((Helvetica|Wide)\)"
    ):
        read(tmp_path, lines)


def test_a_good_font_on_the_same_page_is_read_and_the_other_left_out_by_name(tmp_path: Path) -> None:
    noise = GARBLED["private"]
    reading = read(tmp_path, page(ENGLISH) + page(noise, top=500, wide=True))
    (cleaned,) = clean_pages(reading["pages"], LoadConfig())
    assert " ".join(cleaned["text"].split()) == ENGLISH
    (entry,) = cleaned["left_out"]
    assert entry["reason"] == "garbled characters"
    words = len(noise.split())
    assert reading["warnings"][0] == (
        "On page 1, the file gives wrong characters for the letters of a font (Wide): "
        f"{words} words were left out as unreadable."
    )
    assert "No OCR" not in " ".join(reading["warnings"])


def test_a_page_of_noise_is_one_for_ocr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "paper.pdf"
    path.write_bytes(make_pdf([ENGLISH[:90], Sheet(page(GARBLED["English by 11"]))]))
    reading = read_document(path, LoadConfig())
    assert any(warning.startswith("No OCR of page 2: tesseract is not") for warning in reading["warnings"])
    _, second = clean_pages(reading["pages"], LoadConfig())
    assert (second["text"], second["status"]) == ("", "empty")
    assert [entry["reason"] for entry in second["left_out"]] == ["garbled characters"]
    assert not any("No text on" in warning for warning in reading["warnings"]), "it is known why"
