"""What documents say about themselves, language by language: names of sections, phrases, first words.

Data, and how it becomes patterns. An entry is a regular expression; a space in it stands for any white space.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Table = Mapping[str, tuple[str, ...]]

# Sections that sum up the whole.
SUMMARIES: Table = {
    "en": ("(?:executive |general |brief )?summary", "abstract", "synopsis", "at a glance", "highlights"),
    "de": ("(?:kurz)?zusammenfassung", "kurzfassung", "überblick", "das wichtigste in kürze"),
    "fr": ("résumé(?: exécutif)?", "sommaire exécutif", "synthèse", "en bref", "points? clés?"),
    "es": ("resumen(?: ejecutivo)?", "síntesis", "puntos? claves?"),
    "ko": (r"[<〈【\[]?\s?요\s?약", r"초\s?록", r"개\s?요", r"핵심\s?내용"),
    "zh": (r"摘\s?要", "内容提要", r"概\s?要"),
    "ja": (r"要\s?旨", r"要\s?約", r"概\s?要"),
}  # fmt: skip
# Sections that say what it is about, and what it comes to.
MAIN: Table = {
    "en": (
        "(?:general |brief )?introduction", "preface", "foreword", "overview", "purpose", "background", "scope",
        "aims?", "objectives?", "conclusions?", "concluding remarks", "discussion",
        "(?:key|main) (?:findings|points|results|messages)", "findings", "outcomes?", "decisions?",
        "recommendations?", "resolutions?", "action items", "who must", "what is", "about this",
    ),
    "de": (
        "einleitung", "einführung", "vorwort", "ziele?", "zweck", "anlass", "hintergrund", "geltungsbereich",
        "fazit", "schluss(?:folgerung(?:en)?|bemerkung(?:en)?)?", "ergebnisse?", "empfehlungen", "beschlüsse?",
        "ausblick",
    ),
    "fr": (
        "introduction", "avant-propos", "préface", "(?:mise en )?contexte", "objectifs?", "objet", "but",
        "champ", "conclusions?", "résultats?", "recommandations?", "décisions?", "résolutions?", "bilan",
    ),
    "es": (
        "introducción", "prólogo", "presentación", "antecedentes", "objetivos?", "objeto", "ámbito",
        "conclusi(?:ón|ones)", "resultados", "recomendaciones", "acuerdos", "decisiones",
    ),
    "ko": (
        r"서\s?론", r"결\s?론", "머리말", "맺음말", "들어가", "나가며", "나오며", "주요", r"목\s?적",
        r"배\s?경", "의결", "결정", "시사점", "총칙",
    ),
    "zh": (
        r"引\s?言", r"前\s?言", r"绪\s?论", r"结\s?论", r"結\s?論", r"总\s?则", "目的", "背景", "建议", "决定",
        r"结\s?语",
    ),
    "ja": (
        "はじめに", r"序\s?論", "まえがき", "おわりに", "まとめ", r"結\s?論", "目的", "背景", "提言", "決定",
        "総則",
    ),
}  # fmt: skip
# Sections that say little about the matter.
MINOR: Table = {
    "en": (
        "related work", "previous work", "prior work", "acknowledge?ments?", "appendi(?:x|ces)", "annex(?:es)?",
        "references", "bibliography", "works cited", "further reading", "glossary", "definitions?",
        "abbreviations", "acronyms", "terms", r"index\b", "(?:table of )?contents",
        "list of (?:tables|figures)", "exhibits?", "legal", "disclaimer", "notes? to", "copyright",
        "licen[sc]e", "trademarks", "about the (?:authors?|publisher)", "contact", "further information",
        "(?:for )?more information", "questionnaire", "survey questions", "revision history", "change ?log",
        "privacy", "paperwork reduction", "addresses", "endnotes", "footnotes", "notes$",
        "how to (?:get|contact)", "support (?:us|the)", r"(?:\w+ )?examples?$",
    ),
    "de": (
        "danksagung", "dank$", "anhang", "anhänge", "anlagen?", "literatur", "quellen", "glossar", r"abkürzung\w*",
        r"begriffsbestimmung\w*", r"inhalt\w*", "impressum", "haftungsausschluss", "kontakt", "fragebogen",
        "verzeichnis", "abbildungsverzeichnis", "tabellenverzeichnis", "stichwort", "über (?:den|die) autor",
        "anmerkungen",
    ),
    "fr": (
        "remerciements?", "annexes?", "bibliographie", "références", "glossaire", "définitions?",
        "abréviations", "sigles", "table des matières", "sommaire$", r"index\b", "mentions légales",
        "avertissement", "contacts?", "questionnaire", "liste des", "notes?$", r"questions? \d",
    ),
    "es": (
        "agradecimientos?", "anexos?", "apéndices?", "bibliografía", "referencias", "glosario", "definiciones",
        "abreviaturas", "siglas", "índice", "contenido", "aviso legal", "contacto", "cuestionario", "notas?$",
    ),
    "ko": (
        r"부\s?록", "참고", "감사의", r"목\s?차", r"차\s?례", "용어", "약어", r"별\s?첨", r"별\s?표",
        r"붙\s?임", "설문", "문의", r"보고\s?사항", r"색\s?인", "저작권",
    ),
    "zh": (
        r"附\s?录", r"附\s?錄", r"附\s?件", "参考", "參考", r"致\s?谢", r"致\s?謝", r"目\s?录", r"目\s?錄",
        "术语", r"术\s?语", r"附\s?表", "免责", "声明", "联系", "问卷",
    ),
    "ja": (
        r"付\s?録", "参考", r"謝\s?辞", r"目\s?次", "用語", r"索\s?引", "免責", "お問い合わせ", "アンケート",
        "資料",
    ),
}  # fmt: skip
# Phrases that say what a text is about or comes to.
CUES: Table = {
    "en": (
        "this (?:proposed )?(?:paper|article|report|work|study|thesis|chapter|section|book|booklet|document"
        "|manual|guide|handbook|memorandum|act|law|directive|rule|proposal|policy|plan|strategy|review)",
        "the (?:purpose|aim|goal|object) of (?:this|the)",
        "we (?:propose|present|show|introduce|describe|demonstrate|find|found|conclude|develop|argue"
        "|report|investigate|explore|evaluate|compare|decided?|agreed?|recommend)",
        "(?:it was|they|(?:committee|council|board|group|team|members)) (?:have |has )?(?:decided|agreed"
        "|approved)",
        "(?:our|the) (?:results?|experiments?|findings|approach|method|goal|aim|purpose|conclusions?"
        "|contributions?|main|decision|recommendations?)", "in (?:summary|conclusion|short|sum)",
        "to (?:summarize|conclude|sum up)", "overall", "conclude[sd]?", "significant(?:ly)?",
        "important(?:ly)?", "outperforms?",
    ),
    "de": (
        "in (?:diesem|dieser) (?:bericht|arbeit|studie|buch|dokument|beitrag|leitfaden|handbuch)",
        "(?:dieser?|dieses|der vorliegende|die vorliegende|das vorliegende) (?:bericht|arbeit|studie|buch"
        "|gesetz|dokument|leitfaden|handbuch)", "ziel (?:dieser|dieses|der|des|ist)",
        "zweck (?:dieser|dieses|der|des|ist)", "wir (?:zeigen|schlagen|stellen|untersuchen|empfehlen)",
        "zusammenfassend", "insgesamt", "ergebnis", "(?:beschließt|beschlossen|vereinbart)",
    ),
    "fr": (
        "(?:dans )?(?:ce|cet|cette) (?:rapport|article|papier|étude|document|ouvrage|guide|plan|chapitre"
        "|mise à jour)", "le présent (?:rapport|document|plan|chapitre|guide)", "la présente (?:étude|loi)",
        "(?:l.|les? )objectifs? (?:principal|principaux|de|du|des|est|sont)",
        "nous (?:proposons|présentons|montrons|recommandons)", "en (?:résumé|conclusion|somme)", "vise à",
        "il est résolu", "a (?:décidé|adopté|approuvé)", "la vision",
    ),
    "es": (
        "en este (?:informe|trabajo|estudio|documento|artículo|libro)",
        "este (?:informe|trabajo|estudio|documento|plan)", "esta (?:guía|ley)", "la presente (?:ley|guía)",
        "el objetivo", "los objetivos", "en (?:resumen|conclusión|suma)",
        "(?:proponemos|presentamos|recomendamos)", "se (?:acordó|aprobó|decidió)",
    ),
    "ko": (
        r"본\s?(?:연구|논문|보고서|사업|법|계획)", r"이\s?(?:연구|논문|보고서|법은)", "결론적으로", "요약하면",
        "종합하면", "결과적으로", "전망", "평가됨", "의결", "합의", "목적으로", "가결", "선포",
    ),
    "zh": ("本(?:文|研究|报告|報告|法自|办法|条例)", "制定本", "结果表明", "結論", "综上", "总之", "旨在"),
    "ja": ("要するに", "本(?:稿|研究|報告書|論文|書|法)", "この法律は", "目的と", "結果として", "まとめると"),
}  # fmt: skip
# First words of a sentence that lean on the one before it.
LEANING: Table = {
    "en": (
        "however", "but", "and", "or", "therefore", "thus", "hence", "moreover", "furthermore",
        "for (?:example|instance)", "similarly", "this", "these", "those", "it", "its", "they", "their", "he",
        "his", "she", "her", "such", "then", "instead", "otherwise", "also", "the (?:latter|former)",
        "second(?:ly)?,", "third(?:ly)?,",
    ),
    "de": (
        "aber", "jedoch", "doch", "denn", "daher", "deshalb", "dies(?:e[rsnm]?)?", "er", "sie", "es", "sein",
        "ihr", "somit", "außerdem", "zudem", "auch", "dann", "zum beispiel", "dabei", "dazu", "davon", "hier",
        "solche",
    ),
    "fr": (
        "mais", "cependant", "toutefois", "donc", "ainsi", "ce(?:ci|la|t|tte|s)?", "il", "elle", "ils", "elles",
        "de plus", "en effet", "par exemple", "or", "celui", "celle", "ceux", "leurs?", "pour cette raison",
        "à la suite de", "c.est", "son", "sa", "ses",
    ),
    "es": (
        "pero", "sin embargo", "por (?:lo tanto|ejemplo|eso|ello)", "así", "est[eao]s?", "es[eao]s?", "él",
        "ella", "ellos", "además", "también", "entonces", "su", "sus",
    ),
    "ko": (
        "이는", "이에", "이를", "이러한", "이런", "이와", "그러나", "하지만", "그런데", "또한", "또", "따라서",
        "그래서", "그러면", "그리고", "즉", "예를 들어", "이것", "그것", "해당", "위의", "다음", "그",
    ),
    "zh": (
        "因此", "但是", "然而", "而且", "这", "此外", "其", "该", "他", "她", "它", "这些", "同时", "前款",
        "前项",
    ),
    "ja": ("しかし", "また", "この", "これ", "その", "それ", "そして", "したがって", "彼", "前項", "同様"),
}  # fmt: skip
# Places elsewhere in the document that a sentence sends its readers to.
POINTING: Table = {
    "en": (
        r"(?:see|on|from|to|in|at|under|of) (?:the )?(?:instructions for )?(?:pages?|lines?|p\.|pp\."
        r"|section|table|fig(?:ure|\.)|exhibit|step|column|box|item|figure|paragraph) \(?[\dA-Z][\w.-]*",
        r"line \d+",
        r"see (?:also )?(?:pages?|the|section|figure|table|exhibit|pub\.|form|chapter|appendix|irm)",
        r"(?:chapter|section)s? \d[\d.]*", "listed above",
        "(?:described|shown|listed|discussed|explained) (?:above|below|earlier|later)", "worksheet", "as follows",
    ),
    "de": (r"(?:siehe|vgl\.?) (?:s\.|seite|abschnitt|kapitel|abb|tab|oben|unten)", r"auf seite \d", "wie folgt"),
    "fr": (
        "voir (?:la |le |l.|les )?(?:page|section|annexe|tableau|figure|ci)", "ci-(?:dessous|dessus|après)",
        "à l.annexe", r"(?:tableau|figure)x? (?:\d|qui suivent|suivants?)",
    ),
    "es": ("véase", "ver (?:la |el )?(?:página|sección|tabla|figura|anexo)", "(?:más abajo|a continuación)"),
    "ko": ("참조", r"아래\s?(?:표|그림)", r"\d+쪽", "다음과 같"),
    "zh": ("参见", "參見", "见(?:表|图|第)", "如下", "下列"),
    "ja": ("参照", "下表", "次のとおり", "以下のとおり"),
}  # fmt: skip
# Of books: rights and the like.
IMPRINT: Table = {
    "en": (
        "all rights reserved", "no part of this (?:book|publication|work)", "ISBN", "project gutenberg",
        "library of congress",
    ),
    "de": ("alle rechte vorbehalten",),
    "fr": ("tous droits réservés",),
    "es": ("todos los derechos reservados",),
    "ko": (r"무단\s?(?:전재|복제)", "저작권자"),
    "zh": ("版权所有", "翻印必究"),
    "ja": ("無断(?:転載|複製)",),
}  # fmt: skip
# What is said of the document as a thing, and of whom to call.
HOUSEKEEPING: Table = {
    "en": (
        "without (?:the )?(?:prior )?(?:written )?permission", "is licen[sc]ed under",
        "terms of (?:use|this license)",
        "(?:not|never) be (?:seen|taken|used|construed|regarded) as a substitute", "exclude all liability",
        "not (?:be )?liable", "(?:is|are|as) provided .as is", "at your own risk",
        "for (?:more |further )?(?:information|details|help)",
        r"(?:call|phone|visit|contact|e-?mail|write to) (?:us|your|the|our)\b", "make a donation",
        "reviewers? of this", "printed (?:in|on)",
        "this (?:page|line) (?:is )?(?:intentionally )?(?:left )?(?:blank|for official)", "official use only",
        "please (?:note|read|check|refer|see|turn|contact|fill|send|visit)", "click here",
        "(?:is|was|been) (?:funded|sponsored) (?:by|through)", "download(?:ed)? (?:from|at|the)",
        "check the publication date", "send (?:your|us) (?:comments|feedback)", "would like to thank",
        "we (?:wish to )?thank", "grateful to",
    ),
    "de": ("nachdruck", "keine haftung", "weitere informationen", "wir danken", "danken wir"),
    "fr": (
        "reproduction (?:même|interdite|totale)", "nous (?:tenons à )?remerci",
        "pour (?:plus|de plus amples) (?:d.)?(?:information|renseignement)", "sans (?:l.)?autorisation",
    ),
    "es": ("prohibida la reproducción", "más información", "agradec"),
    "ko": ("자세한 (?:내용|사항)은", "문의(?:하시기|는)", "홈페이지"),
    "zh": ("未经.{0,8}许可", "免责", "详情请"),
    "ja": ("お問い合わせ", "詳しくは"),
}  # fmt: skip
# In the lines of a title page: what kind of document it is, and who stands behind it.
KINDS: Table = {
    "en": (
        "reports?", "instructions", "guide(?:lines?)?", "manual", "handbook", "minutes", "agenda", "act",
        "notice", "rules?", "directives?", "memorandum", "plan", "strategy", "policy", "proceedings", "edition",
        "version", "revision", "thesis", "specifications?", "standard", "model", "review", "survey",
        "newsletter", "bulletin", "transcript", "hearing", "return", "summary", "agreement", "contract",
    ),
    "de": (
        "bericht", r"\w*gesetz", "verordnung", "leitfaden", "handbuch", "protokoll", "anleitung", "ausgabe",
        "fassung", "satzung",
    ),
    "fr": (
        "rapport", "guide", "manuel", "loi", "plan", "procès-verbal", "compte rendu", "arrêté", "avis",
        "édition", "étude",
    ),
    "es": ("informe", "guía", "manual", "ley", "plan", "acta", "decreto", "edición", "estudio"),
    "ko": (
        "보고서", "회의록", "지침", "안내서?", "설명서", "계획", "법률?$", "시행령", "평가", "현황", "동향",
        "자료", r"제\s?\d+\s?(?:회|호)",
    ),
    "zh": ("报告", "法$", "条例", "办法", "指南", "手册", "纪要", "规划", "通知", "标准", "说明书"),
    "ja": ("報告書?", "白書", "法律?$", "手引", "マニュアル", "議事録", "計画", "概要", "資料"),
}  # fmt: skip
MAKERS: Table = {
    "en": (
        "department", "ministry", "agency", "administration", "service", "office", "bureau", "commission",
        "committee", "council", "board", "authority", "institute", "university", "college", "school",
        "laborator(?:y|ies)", "labs?", "center", "centre", "foundation", "association", "society", "press",
        r"publish\w+", "company", "corporation", "inc", "ltd", "llc", "bank", "government", "congress",
        "parliament", "district", "city of", "author", "editor", "prepared (?:by|for)", "AI",
    ),
    "de": (
        "ministerium", r"bundes\w+", "amt", "universität", "institut", "gmbh", "AG", "verlag", "verband",
        "verein", "stadt",
    ),
    "fr": (
        "ministère", "municipalité", "ville", "université", "institut", "conseil", "comité", "société",
        "agence", "gouvernement", "service", "commission",
    ),
    "es": (
        "ministerio", "ayuntamiento", "universidad", "instituto", "consejo", "comité", "sociedad", "agencia",
        "gobierno",
    ),
    "ko": (
        "위원회", "은행", "사무처", "사무소", "연구원", "연구소", "대학교?", "주식회사", "㈜", "협회", "공단",
        "공사$", "부$", "청$", "국회",
    ),
    "zh": ("委员会", "公司", "大学", "研究院", "研究所", "协会", "政府", "银行", "局$", "部$", "院$"),
    "ja": ("委員会", "会社", "大学", "研究所", "協会", "省$", "庁$", "銀行", "内閣"),
}  # fmt: skip
MONTHS = (
    "jan(?:uary|vier|uar)?|feb(?:ruary|ruar)?|février|mar(?:ch|s)|märz|a[pv]ril|ma[iy]|jun[ei]|juin|jul[iy]|juillet"
    "|aug(?:ust)?|août|sep(?:t(?:ember|embre)?)?|o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|de[cz](?:ember)?|décembre"
    "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)

_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3㈜]")  # of scripts whose words are not told apart


def pattern(table: Table) -> str:
    """The entries in all languages as one regular expression; those in Latin letters are whole words."""
    entries = [entry.replace(" ", r"\s+") for group in table.values() for entry in group]
    latin = "|".join(entry for entry in entries if not _WIDE.search(entry))
    wide = "|".join(entry for entry in entries if _WIDE.search(entry))
    return rf"(?:(?<!\w)(?:{latin})(?!\w)|{wide})"
