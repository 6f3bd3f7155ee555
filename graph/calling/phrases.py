"""What models say around a summary, or instead of one, in the languages that summaries are asked for."""

from __future__ import annotations

import re

from llm.language.sentences import split_sentences

# "Sure!", alone or before more.
_YES = re.compile(
    r"(?:sure|certainly|of course|absolutely|okay|ok|alright|great|gladly|here you go|got it|understood|"
    r"gerne|natürlich|selbstverständlich|bien sûr|volontiers|avec plaisir|claro|por supuesto|con gusto|certo|"
    r"certamente|com certeza|natuurlijk|graag|"
    r"네|물론입니다|물론이죠|알겠습니다|はい|もちろんです|承知しました|好的|当然|當然)"
    r"(?:\s+thing)?\s*[!.,:。！，、]+\s*",
    re.I,
)

# Words for what was asked for. A line that begins like `_HERE`, has one of them and ends in a colon announces it.
_SUMMARY = (
    r"summar|overview|key points|main points|synopsis|zusammenfass|überblick|résum|resum|synthèse|síntes|sintes|"
    r"riassunt|samenvatting|streszczeni|요약|핵심|要約|要旨|摘要|总结|總結|概要|概括"
)
_HERE = re.compile(
    r"(?:here(?:'s|’s| is| are)|below (?:is|are)|the following (?:is|are)|this is|i(?:'ve| have)\b|"
    r"hier (?:ist|sind|is)|im folgenden|voici|ci-dessous|aquí (?:está|tienes?|están)|a continuación|ecco|"
    r"di seguito|aqui está|segue|oto|poniżej|다음은|아래는|以下|这是|這是|下面是)",
    re.I,
)
_ANNOUNCED = re.compile(rf"[^\n]{{0,200}}?(?:{_SUMMARY})[^\n:：]{{0,120}}[:：](?:\*\*)?[ \t]*\n*", re.I)
_SAID_SO = re.compile(r"[^\n]*(?:요약(?:한 (?:내용|것))?입니다|要約です|摘要|总结|總結)[.。:：]?[ \t]*\n+", re.I)
_LABEL = re.compile(
    r"(?:#{1,6}[ \t]*|\*\*)?(?:(?:final |the |document )?summary|zusammenfassung|résumé|resumen|riassunto|resumo|"
    r"samenvatting|요약|要約|摘要|总结|總結)(?:\*\*)?[ \t]*(?:[:：](?:\*\*)?[ \t]*\n*|\n+)",
    re.I,
)

# What a model offers behind its summary.
_OFFER = re.compile(
    r"(?:(?:please )?let me know (?:if|whether)|i hope (?:this|that)|hope (?:this|that) helps|feel free to|"
    r"would you like me to|do you want me to|"
    r"if you(?:'d| would)? (?:like|need|want|have)\b.*\b(?:let me|i can|ask)|"
    r"is there anything else|sag(?:en sie)? (?:mir|bescheid)|ich hoffe,? (?:das|dies)|n'hésite[zr]? pas|"
    r"j'espère que|espero que (?:esto|isto|te)|no dudes en|더 (?:궁금|필요)|도움이 (?:되|필요)|"
    r"お役に立て|ご不明|如果(?:您|你)(?:需要|还|有)|希望(?:这|這|对|對))",
    re.I,
)

# How a sentence begins in which a model says that it cannot, or that it was given nothing.
_REFUSAL = re.compile(
    r"\W*(?:(?:unfortunately|regrettably|sorry|apologies|hello|hi)\b[,.!]?\s*)*(?:but )?(?:"
    r"i(?:'m|’m| am)? ?(?:cannot|can not|can't|can’t|unable to|not able to|won't|will not|"
    r"(?:don't|don’t|do not) have (?:access|the ability))\b"
    r"|i(?:(?:'m|’m| am) (?:sorry|afraid)| apologi[sz]e)\b.{0,60}?(?:\bbut\b|\bcan|\bunable\b|\bnot\b)"
    r"|as an? (?:ai|(?:large )?language model)\b"
    r"|no (?:document|text|content)\b.{0,40}\b(?:provided|given|included|attached|shared)\b"
    r"|(?:could you )?please (?:provide|share|paste|upload)\b"
    r"|(?:there (?:is|was)|it (?:seems|looks|appears)|you(?:'ve|’ve| have)?)\b.{0,60}"
    r"(?:\b(?:no|not|any)\b|n't|n’t).{0,40}\b(?:provide|given|includ|attach|share)"
    r"|(?:leider )?(?:ich kann|kann ich)\b.{0,80}\bnicht\b|es tut mir leid\b"
    r"|(?:désolée?,? )?(?:mais )?je ne (?:peux|puis) pas\b|je suis désolée?\b|lo siento\b|no puedo\b|mi dispiace\b"
    r"|non posso\b|desculpe\b|(?:eu )?não posso\b|het spijt me\b|ik kan\b.{0,80}\bniet\b"
    r"|죄송|.{0,40}요약할 수 없습니다|.{0,20}제공해 ?주|申し訳|"
    r".{0,40}(?:要約|お手伝い).{0,12}できません|抱歉|对不起|對不起|"
    r"我(?:无法|無法|不能)|请提供|請提供)",
    re.I,
)
_SELF = re.compile(
    rf"(?:{_SUMMARY})|\bassist|\bhelp|\brequest|\bcomply|\bfulfil|\baccess|\bprovide|\bshare|\bpaste|\bupload|"
    r"\bdocument|\btext\b|\bcontent|\bfile|dokument|anfrage|helfen|texto?\b|demande|solicitud|도와|문서|요청|"
    r"お手伝い|文書|文章|帮助|協助|文档|文件|请求",
    re.I,
)
_FIRST_WORDS, _PREFACE = 60, 300  # characters that show how an answer begins, and within which a preface ends
_LONGEST_REFUSAL = 4  # sentences; a longer answer says something, too


def without_preface(answer: str) -> str:
    """The answer without "Sure! Here is a summary of the document:" and the like."""
    rest = _YES.sub("", answer, count=1) if _YES.match(answer) else answer
    announced = _HERE.match(rest) and (_ANNOUNCED.match(rest) or _SAID_SO.match(rest))
    if announced:
        answer = rest = rest[announced.end() :]
    elif rest is not answer and not _is_exclaimed(answer, rest):
        rest = answer
    if label := _LABEL.match(rest):
        rest = rest[label.end() :]
    return rest.strip() or answer.strip()


def may_be_preface(text: str) -> bool:
    """Whether the first words of an answer may become a preface."""
    return len(text) < _FIRST_WORDS or (len(text) < _PREFACE and bool(_HERE.match(_YES.sub("", text, count=1))))


def _is_exclaimed(answer: str, rest: str) -> bool:
    """Whether "Sure!" ends a sentence, so that it belongs to none of the summary's."""
    return answer[: len(answer) - len(rest)].rstrip().endswith(("!", "！", ".", "。")) and bool(rest.strip())


def without_offer(answer: str) -> str:
    """The answer without a last sentence that offers more: "Let me know if …"."""
    sentences = split_sentences(answer)
    while len(sentences) > 1 and _OFFER.match(sentences[-1].strip().lstrip("*_ ")):
        sentences.pop()
    return "".join(sentences).strip()


def is_refusal(answer: str, document: str) -> bool:
    """Whether the model says that it cannot or will not summarize. What the document itself says is not that."""
    sentences = [sentence.strip() for sentence in split_sentences(answer)]
    if not sentences or len(sentences) > _LONGEST_REFUSAL:
        return False
    said = any(_REFUSAL.match(sentence) for sentence in sentences[:2]) and _SELF.search(answer)
    return bool(said) and not any(sentence in document for sentence in sentences)
