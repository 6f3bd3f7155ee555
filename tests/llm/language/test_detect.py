"""The language of a text: scripts before statistics, English where neither tells."""

from __future__ import annotations

import subprocess
import sys

import pytest

from llm.language.detect import detect_language

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
