"""The marks of written text: what ends a sentence, what closes a quotation, what only looks like an end."""

from __future__ import annotations

ENDS = ".!?。．！？｡…‥؟۔।॥։።፧။។៕"
CLOSERS = "\"'”’»›)]}」』）】》〉"
CLOSING_QUOTES = "\"'”’»」』"

# Abbreviations, as regular expressions without their last full stop. What follows a title or stands inside a
# clause never ends a sentence; what is counted does not before a number, a bracket or a small letter.
TITLES = "Dr|Prof|Mr|Mrs|Ms|Mme|Mlle|Sr|Sra|Srta|Dott|Dhr|Mevr|Hr|Rev|Capt|Mgr|inż|mgr|проф|им|ул"
INSIDE = (
    r"e\.\s?g|i\.\s?e|cf|vs|approx"
    r"|z\.\s?B|d\.\s?h|i\.\s?d\.\s?R|bzw|vgl|sog|bspw|einschl|inkl|zzgl"
    r"|p\.\s?ex|c\.-à-d|p\.\s?ej|ad es|bijv|f\.\s?eks|np|tzw|m\.in|т\.\s?е|напр|см"
)
COUNTED = (
    r"Eqs?|Figs?|Secs?|Nos?|pp?|Vols?|Chs?|Tabs?|Refs?|Defs?|Thms?|Arts?|al|ca|St|Jr|Inc|Ltd|Co|U\.S|U\.K"
    r"|Nrn?|Abs|Abb|Abschn|Bd|Kap|Ziff|Lit|Anm|Aufl|Hrsg|u\.\s?a|usw|etc|ggf|evtl|Mio|Mrd|Tsd|Std|Str|Jh|Jhd|v\.\s?Chr"
    r"|págs?|núms?|caps?|art|vol|chap|éd|EE\.\s?UU|Uds?|pag"
    r"|rys|str|poz|św|rozdz|ust|pkt|zob|tys|mln|mld|godz|itd|itp|tj|рис|табл|стр|гл|ст|тыс|млн|млрд|руб|гг?"
)
# Only where the language is known, for elsewhere they are words or letters: before a capital, and before none.
NAMED_IN = {
    "fr": "M|MM|Mmes|Mlles|Me",
    "pl": "prof|dr|ks|ul|al|gen",
    "it": "Sig|Sigg|Avv|On",
    "nl": "dr|ir|mr|prof",
}
SMALL_IN = {"pl": "w|r|s|m|t", "ru": "в|г|д|с|т", "uk": "р|с|м", "cs": "r|s|č|str", "de": "S|Jg|H|Z"}

# An ordinal is a number with a full stop in these languages, and a day stands before its month.
ORDINAL_LANGUAGES = frozenset(
    ["cs", "da", "de", "et", "fi", "hr", "hu", "is", "lv", "no", "pl", "sk", "sl", "sr", "tr"]
)
MONTHS = (
    r"Jan(?:uar|\.)|Jän(?:ner|\.)|Feb(?:ruar|\.)|März|April|Apr\.|Mai|Juni|Juli|Aug(?:ust|\.)|Sep(?:tember|t?\.)"
    r"|Okt(?:ober|\.)|Nov(?:ember|\.)|Dez(?:ember|\.)"
)
# What stands before a German ordinal: "im 19. Jahrhundert", "der 2. Weltkrieg".
BEFORE_ORDINALS = (
    r"am|im|vom|zum|beim|ab|bis|seit|der|die|das|dem|den|des|und|oder|jede[rnms]?|diese[rnms]?|§|Art\."
)
