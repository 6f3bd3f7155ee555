"""Words that make a statement wide or narrow, sure or unsure, by language. Patterns for `re`."""

from __future__ import annotations

# "All", "always", "only": said of everything.
UNIVERSAL = {
    "en": r"\b(?:all(?!\w)|every|always|(?<!not )only|entire(?:ly)?|completely|exclusively|every(?:one|body|thing)"
    r"|never|no one|nobody|none|whole|impossible|the best|fully|universal(?:ly)?|without exception"
    r"|totally|wholly|purely|solely|altogether)\b",
    "ko": r"모든|모두|전부|항상|언제나|유일|오직|전체|전혀|누구나|완전히|절대|일제히|매번|전원",
    "de": r"\b(?:alle[nrsm]?|immer|nur|ausschließlich|vollständig|niemals|niemand|sämtliche[nrs]?"
    r"|einzige[nrs]?)\b",
    "fr": r"\b(?:tous|toutes|toujours|seuls?|seules?|uniquement|entièrement|complètement|jamais|personne)\b",
    "es": r"\b(?:todos|todas|siempre|únic[oa]s?|solamente|completamente|nunca|nadie)\b",
}
# "Must": said to be necessary.
NECESSARY = {
    "en": r"\b(?:must|requir\w+|shall|need(?:s|ed)? to|ha(?:ve|s|d) to|necessary|mandatory|obligat\w+)\b",
    "ko": r"(?:하여야|해야|되어야|돼야|의무|필수|필요)",
    "de": r"\b(?:muss|müssen|musste|verpflichtet|notwendig|erforderlich|soll(?:en|te)?)\b",
    "fr": r"\b(?:doi(?:t|vent)|devra|faut|obligat\w+|nécessaire|exig\w+)\b",
    "es": r"\b(?:debe[n]?|deberá[n]?|obligat\w+|necesari\w+|hay que|exig\w+)\b",
}
# "May", "some believe that": said with a doubt, or of a wish.
DOUBTFUL = {
    "en": r"\b(?:may(?! \d)|might|could|possibl[ey]|perhaps|maybe|probabl[ey]|likely|potential(?:ly)?"
    r"|appears? to|seems? to|believe[sd]?|suspect\w*|alleg\w+|suggest\w*|if|whether|hop(?:e|es|ed|ing)|expect\w*"
    r"|plan(?:s|ned)? to"
    r"|propos\w+|would|hypothe\w+|suppos\w+|claim(?:s|ed)?|unless)\b",
    "ko": r"(?:수 있|가능성|것으로 보|전망|예상|추정|우려|듯|지도 모|계획|검토|주장)",
    "de": r"\b(?:könnte[n]?|möglicherweise|vielleicht|wahrscheinlich|voraussichtlich|würde[n]?|soll(?:en)?"
    r"|dürfte[n]?|ob|falls|wenn)\b",
    "fr": r"\b(?:pourrai(?:t|ent)|peut-être|probable\w*|possible\w*|éventuel\w*|semble\w*|prévoi\w+|si|serai(?:t"
    r"|ent)|suggèr\w+)\b",
    "es": r"\b(?:podría[n]?|quizás?|tal vez|probable\w*|posible\w*|parece[n]?|sería[n]?|si|prevé\w*|sugier\w+)\b",
}
# "You": said to the reader.
READER = {
    "en": r"\b(?:you|your|yours|yourself)\b",
    "ko": r"(?:당신|여러분)",
    "de": r"\b(?:du|dein\w*)\b",
    "fr": r"\b(?:vous|votre|vos)\b",
    "es": r"\b(?:usted(?:es)?|tú|tu|tus)\b",
}
