"""The language of a text: scripts before statistics, English where neither tells."""

from __future__ import annotations

import subprocess
import sys

import pytest

from llm.language.detect import detect_language, dominant_language
from llm.language.names import language_code, language_name

TEXTS = {
    "en": "The engineers found that the old breakwater turns the current and drops its sand in the port.",
    "de": "Die Ingenieure fanden, dass die alte Mole die Strömung ablenkt und den Sand im Hafen liegen lässt.",
    "fr": "Les ingénieurs ont découvert que l'ancienne jetée détourne le courant et laisse le sable dans le port.",
    "es": "Los ingenieros descubrieron que el viejo rompeolas desvía la corriente y deja la arena en el puerto.",
    "pl": "Inżynierowie odkryli, że stary falochron odchyla prąd i zostawia piasek w porcie każdej wiosny.",
    "ru": "Инженеры обнаружили, что старый волнорез отклоняет течение и оставляет песок в порту каждую весну.",
    "ar": "اكتشف المهندسون أن حاجز الأمواج القديم يحول التيار ويترك الرمال في الميناء كل ربيع من كل سنة.",
    "ko": "기술자들은 방파제가 물살을 바꾼다는 것을 알아냈다.",
    "ja": "技術者たちは古い防波堤が流れを変えることを発見した。",
    "zh": "工程师发现旧防波堤改变了水流。",
    "hi": "यह एक वाक्य है।",
    "th": "นี่คือประโยค",
    "my": "ဒါက စာကြောင်း",
    "hy": "Սա նախադասություն է։",
    "am": "ይህ ነው።",
    "el": "Αυτή είναι μια πρόταση.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_of_one_sentence(language: str) -> None:
    assert detect_language(TEXTS[language]) == language


@pytest.mark.parametrize("text", ["", "3.5", "Das ist so.", TEXTS["ru"][:50] + TEXTS["de"][:50] + TEXTS["ko"]])
def test_short_and_mixed_texts_are_taken_for_english(text: str) -> None:
    assert detect_language(text) == "en"


@pytest.mark.parametrize(("text", "language"), [("Кратко.", "ru"), ("نعم.", "ar")])
def test_the_script_of_a_short_text_tells_more_than_nothing(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_english_needs_no_statistics() -> None:
    code = (
        "import sys; from llm.language.detect import detect_language;"
        f"detect_language({TEXTS['en']!r}); assert 'py3langid' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Long texts, and what their languages are called


@pytest.mark.parametrize("code", TEXTS)
def test_a_long_text_in_one_language_is_in_that(code: str) -> None:
    assert dominant_language(f"{TEXTS[code]} " * 30) == code


@pytest.mark.parametrize(("one", "other"), [("en", "de"), ("ko", "ja"), ("fr", "es"), ("ru", "el")])
def test_a_text_in_two_languages_is_in_neither(one: str, other: str) -> None:
    halves = [(f"{TEXTS[code]} " * 200)[:6000] for code in (one, other)]
    assert dominant_language("\n".join(halves)) == ""


def test_a_little_of_another_language_changes_nothing() -> None:
    assert dominant_language(f"{TEXTS['de']} " * 40 + f"{TEXTS['en']} " * 4) == "de"


OTHERS = {
    "Swahili": "Habari ya leo ni kwamba serikali imetangaza mpango mpya wa kujenga barabara katika mikoa yote.",
    "Basque": "Gobernuak plan berri bat iragarri du herrialdeko eskualde guztietan errepideak eraikitzeko.",
    "Tagalog": "Inihayag ng pamahalaan ang bagong plano na magtayo ng mga kalsada sa lahat ng rehiyon.",
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_language_that_is_not_told_apart_is_not_taken_for_another(name: str) -> None:
    assert dominant_language(f"{OTHERS[name]} " * 20) == ""


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "no",
            "Regjeringa har lagt fram ein ny plan for å byggje vegar i alle delar av landet, og mange er glade.",
        ),
        ("id", "Kerajaan telah mengumumkan rancangan baharu untuk membina jalan raya di semua wilayah negara."),
        ("hr", "Vlada je najavila novi plan za izgradnju puteva u svim regijama zemlje, a mnogi su sretni."),
    ],
)
def test_a_near_relative_is_taken_for_the_language_it_is_like(code: str, text: str) -> None:
    assert dominant_language(f"{text} " * 20) == code


@pytest.mark.parametrize("text", ["", "12 34", "Kurz."])
def test_a_text_of_few_letters_is_in_none(text: str) -> None:
    assert dominant_language(text) == ""


@pytest.mark.parametrize("code", [*TEXTS, "ta", "mk", "ur"])
def test_every_language_has_a_name_in_english_and_in_korean_that_is_known_again(code: str) -> None:
    assert language_code(language_name(code)) == code
    assert language_name(code, in_korean=True).endswith("어")
    assert language_code(language_name(code, in_korean=True)) == code


def test_words_of_english_are_no_languages() -> None:
    assert language_code("my own language, as it is to be") is None or language_code("in my words") is None
