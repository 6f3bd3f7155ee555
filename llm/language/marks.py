"""The marks of written text: what ends a sentence, what closes a quotation, what only looks like an end."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENDS = ".!?。．！？｡…‥؟۔।॥։\u1362\u1367\u104b។៕"  # the escapes: Ethiopic stop and question mark, Burmese stop
OPENERS = "\"'“‘«„「『([{（"
CLOSERS = "\"'”’»›)]}」』）】》〉"
CLOSING_QUOTES = "\"'”’»」』"
# A printed line that ends what it says, as a regular expression; notes may be called after the mark
# (between \x0e and \x0f, where they are raised).
LINE_ENDED = rf"[{ENDS}:;：；][{re.escape(CLOSERS)}\d*†‡\x0e\x0f]{{0,6}}$"

# Letters of scripts, as the inside of a class of characters for `re` and `regex`: Hangul, and those without spaces
# between words: Thai, Lao, Burmese, Khmer, kana and bopomofo, Han.
HANGUL = r"\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\uff66-\uff9f\U00020000-\U000323af々"
)

# What stands before an item of a list, and is a bullet even without a space after it; then what needs one.
FIRM_BULLETS = "•‣▪◦●○◯■□◆◇▶▷►※◎➢➤"
BULLETS = FIRM_BULLETS + "·∙⦁▫→☐☑✓❍ㅇ"

# Abbreviations without their last full stop, and without the spaces inside of "z. B.". What follows
# a title or stands inside a clause never ends a sentence; what is counted does not before a number, a bracket or a
# small letter.
TITLES = _words("""
    Dr Prof Mr Mrs Ms Mme Mlle Sr Sra Srta Dra Dott Dhr Mevr Hr Rev Capt Mgr Fa inż mgr hab проф им ул डॉ रु
    """)
INSIDE = _words("""
    e.g i.e cf vs approx z.b d.h i.d.r bzw vgl sog bspw einschl inkl zzgl p.ex c.-à-d p.ej ad.es bijv f.eks
    tzw m.in т.е напр см ср t.ex bl.a o.a d.w.z
    """)
COUNTED = _words("""
    eq eqs fig figs sec secs no nos p pp vol vols ch chs tab tabs ref refs def defs thm thms art arts al ca st jr
    inc ltd co u.s u.k nr nrn abs abb abschn bd kap ziff lit anm aufl hrsg u.a usw etc ggf evtl mio mrd tsd std str
    jh jhd v.chr pág págs núm núms cap caps chap éd ee.uu ud uds pag rys poz św rozdz ust pkt zob tys mln mld godz
    milj itd itp tj рис табл стр гл ст тыс млн млрд руб г гг
    """)
# Only where the language is known, for elsewhere they are words or letters.
NAMES_IN = {
    "ar": _words("د أ م"),
    "fi": _words("esim"),
    "fr": _words("M MM Mmes Mlles Me Pr env"),
    "hr": _words("npr tj"),
    "it": _words("Sig Sigg Avv On"),
    "nl": _words("dr ir mr prof mevr dhr"),
    "pl": _words("prof dr ks ul al gen np tj tzn zob Zob por Por"),
    "pt": _words("Av"),
    "ro": _words("Dl dl Dna dna"),
    "sl": _words("npr tj"),
    "tr": _words("bkz Bkz"),
    "vi": _words("TP TS ThS PGS GS Tp"),
}
SMALL_IN = {
    "cs": _words("r s č str"),
    "de": _words("s jg h z"),
    "fr": _words("s av apr n"),
    "hu": _words("kb pl sz old ker"),
    "it": _words("n s"),
    "pl": _words("w r s m t ub br"),
    "ro": _words("mil"),
    "ru": _words("в д с т др пр"),
    "sv": _words("kl s"),
    "tr": _words("s"),
    "uk": _words("р с м"),
}

# Words that begin a sentence far more often than a name does: "in the U.S. The market" is two sentences.
STARTERS = _words("""
    A After All Although An And As At Both But By Each For From He Her Here His How However I If In It Its Many
    Most No Not On One Our She Since So Some Such That The Their Then There These They This Those Thus To Today
    We What When Where While Who With You
    """)

# A day stands before its month.
MONTHS = (
    r"Jan(?:uar|\.)|Jän(?:ner|\.)|Feb(?:ruar|\.)|März|April|Apr\.|Mai|Juni|Juli|Aug(?:ust|\.)|Sep(?:tember|t?\.)"
    r"|Okt(?:ober|\.)|Nov(?:ember|\.)|Dez(?:ember|\.)"
    r"|Janvier|Février|Mars|Avril|Juin|Juillet|Août|Septembre|Octobre|Novembre|Décembre"
)
# What stands before a German ordinal: "im 19. Jahrhundert", "der 2. Weltkrieg".
BEFORE_ORDINALS = (
    r"am|im|vom|zum|beim|ab|bis|seit|der|die|das|dem|den|des|und|oder|jede[rnms]?|diese[rnms]?|§|Art\."
)
