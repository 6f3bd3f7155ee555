"""Words that turn a statement round, by language: what denies, and pairs of opposites. Patterns for `re`."""

from __future__ import annotations

from functools import cache, lru_cache

_Sides = dict[str, list[tuple[int, int]]]

# What denies the words after it: "not significant", "without a parser". "Not only" denies nothing.
DENYING_NEXT = {
    "en": r"\b(?:(?:can|is|are|was|were|do|does|did|has|have|had|would|could|should|will|wo|must|need)n['’]?t"
    r"|cannot|not(?! only| just| merely| necessarily| to mention)|no(?!\.| doubt| less| later| sooner| fewer"
    r"| more)"
    r"|never|none|nothing|neither|nor|without|hardly|fail(?:s|ed)?(?= to)|unable(?= to)|lack(?:s|ed)?)\b",
    "ko": r"(?<![가-힣])안(?=\s[가-힣])",
    "de": r"\b(?:nicht(?! nur| zuletzt| bloß)|kein(?:e[mnrs]?)?|nie(?:mals)?|ohne|weder|noch nie|nirgends)\b",
    "fr": r"(?:\bne\b|\bn['’])(?!.{1,20}\bque\b)(?=.{1,30}\b(?:pas(?! seulement| uniquement)|aucune?|jamais|rien"
    r"|ni"
    r"|personne|guère)\b)|\b(?:sans|aucune?)\b",
    "es": r"\b(?:no(?! s[oó]lo| solamente)|nunca|jamás|sin|tampoco|ni|ningun[ao]?|ningún)\b",
}  # fmt: skip
# What denies the words before it: "증가하지 않았다", "효과가 없다", "die Brücke trägt Züge nicht".
DENYING_BEFORE = {
    "ko": r"(?<!못지)(?<!수 )(?<!수밖에 )(?:않|(?<![가-힣])(?:없|못|아니|아닌|아님))",
    "de": r"\bnicht(?! nur| zuletzt| bloß)(?=\s*[.,;]|\s\w+\s*[.,;])",
}
# What looks like a denial and is none.
DENYING_NOTHING = {"ko": r"뿐(?:만)?\s?아니"}

# Opposites, by ";": either side, parted by "|", has beginnings of words; "=" behind one means the whole word.
_OPPOSITES = {
    "en": """
        increas rise= rises= rising= rose= risen= grow= grows= grew= growing= growth= climb expand gain=
        gained= raise= raised= raises= | decreas declin fall= falls= fell= fallen= falling= drop= drops=
        dropped= dropping= reduc shrink shrank lower= lowered= lowers= diminish cut= cuts= cutting=; much=
        many= | little= few=; higher= high= highest= | lower= low= lowest=; more= | less= fewer=; most= |
        least= fewest=; larger= large= largest= bigger= big= biggest= | smaller= small= smallest= little=;
        long= longer= longest= | short= shorter= shortest=; fast= faster= fastest= quick quicker= | slow=
        slower= slowest= slowly=; better= best= improv outperform | worse= worst= worsen underperform;
        strong strength | weak; early= earlier= earliest= | late= later= latest=; before= | after=; above=
        | below= beneath=; wide= wider= widely= broad broader= | narrow rarely= seldom= hardly=; often=
        frequent usually= common= commonly= | rarely= seldom= rare= infrequent uncommon=; always= |
        never=; accept= accepts= accepted= approv agree agreed= | reject refus disapprov disagree oppos;
        support= supports= supported= favor favour | oppos reject; allow permit legal= lawful | forbid
        forbad forbidden= prohibit ban= bans= banned= illegal= unlawful; include= includes= included=
        including= | exclud; easy= easier= easiest= simple= simpler= simplest= | difficult hard= harder=
        hardest= complex= complicated=; open= opened= opens= | close= closed= closes= shut=; begin=
        begins= began= begun= start= starts= started= | end= ends= ended= finish stop= stops= stopped=;
        win= wins= won= | lose= loses= lost=; succeed success | fail= fails= failed= failure; positive=
        positively= | negative= negatively=; first= | last=; cheap cheaper= inexpensive= | expensive=
        costly= dear=; safe= safer= safest= safely= | dangerous= unsafe= risky=; true= correct= correctly=
        right= | false= incorrect wrong= wrongly=; possible= possibly= | impossible=; voluntar |
        mandatory= compulsor; public= publicly= | private= privately=; local= locally= | global= globally=
        non-local=; maximum= maximal maximi | minimum= minimal minimi; rich= richer= wealthy= | poor=
        poorer=; young= younger= youngest= | old= older= oldest=; heavy= heavier= heavily= | light=
        lighter= lightly=; active= actively= | passive= inactive=; direct= directly= | indirect;
        dependent= depend= depends= | independent; static= statically= | dynamic; success successful= |
        unsuccess; profit= profits= profitable= surplus | loss= losses= deficit; buy= buys= bought=
        purchas | sell= sells= sold=; import= imports= imported= | export= exports= exported=; majority= |
        minority=; presence= | absen; encourag | discourag; accelerat | decelerat slowdown=; hot= warm=
        warmer= | cold= cool= cooler=; north= northern= | south= southern=; east= eastern= | west=
        western=; well= | poorly= badly=; superior= | inferior=; generic= generali | speciali specific=
        specifically=; every= all= most= each= | few= none=; like= | unlike=; cheap cheaply= | expensive=
        costly=; former= formerly= | latter=; increasingly= | decreasingly=
    """,
    "ko": """
        증가 상승 늘어 늘었 늘려 늘린 오르 올랐 올라 높아 확대 급등 반등 | 감소 하락 줄어
        줄었 줄여 줄인 내리 내렸 내려 낮아 축소 급락 떨어; 높은 높게 높다 높았 높이 | 낮은
        낮게 낮다 낮았; 많은 많이 많다 많았 | 적은 적게 적다 적었; 강세 강화 강해 | 약세
        약화 약해; 상회 초과 웃돌 | 하회 미달 밑돌; 개선 호전 회복 | 악화 부진 침체;
        찬성 동의 지지 | 반대 거부; 허용 허가 | 금지 불허; 가능 | 불가능; 흑자 이익 |
        적자 손실; 성공 | 실패; 시작 개시 착수 | 종료 끝났 마감 중단; 빠른 빠르 빨라 |
        느린 느리 느려; 이전 | 이후; 긍정적 | 부정적; 수입 | 수출; 인상 | 인하; 긴축
        | 완화; 찬성 | 반대; 증액 | 감액 삭감; 합법 | 불법 위법; 최대 최고 | 최소
        최저; 포함 | 제외; 안전 | 위험; 유리 | 불리
    """,
    "de": """
        steig= steigt= stieg= stiegen= gestiegen= steigen= erhöh wachs wuchs= zunahme= zugenommen=
        anstieg= | sink= sinkt= sank= sanken= gesunken= sinken= fiel= fielen= gefallen= fallen= senk
        gesenkt= abnahme= abgenommen= rückgang= verringer verminder; höher höchst= hoch= hohe= hohen=
        hoher= hohes= | niedrig tief= tiefer=; mehr= | weniger=; meist= meisten= | wenigsten=; größer
        größte= größten= groß= große= großen= großer= großes= | kleiner kleinste= kleinsten= klein=
        kleine= kleinen= kleines=; schnell | langsam; lang= länger= lange= langen= | kurz= kürzer= kurze=
        kurzen=; besser= beste= besten= verbesser | schlechter= schlechteste= verschlechter; stark=
        starke= stärker= | schwach= schwache= schwächer=; früh= früher= | spät= später=; vor= | nach=;
        oft= häufig | selten; immer= | nie= niemals=; erlaub genehmig zuläss | verboten= verbiet verbot
        untersag; leicht= leichter= einfach | schwer= schwieriger= schwierig kompliziert; öffne öffnet=
        geöffnet= | schließ geschlossen=; gewinn gewann= gewonnen= | verlust= verluste= verlor verloren=
        verlier; annahm= angenommen= zugestimmt= zustimm | abgelehnt= ablehn; dafür= | dagegen=; positiv |
        negativ; möglich= | unmöglich=; sicher= sichere= | unsicher gefährlich; öffentlich | privat;
        kaufte= kaufen= gekauft= kauft= | verkauf
    """,
    "fr": """
        augment accroî accru hausse= croissance= grandi | diminu baiss réduc réduit= réduire= recul
        chute=; élevé haut= haute= hauts= hautes= supérieur | bas= basse= faible inférieur; plus= |
        moins=; grand= grande= grands= grandes= | petit; rapide | lent= lente= lents= lentement=; long=
        longue= longs= longues= | court= courte= courts= courtes=; meilleur mieux= amélior | pire= pires=
        détérior aggrav; fort= forte= forts= fortement= | faible; avant= | après=; souvent= fréquent |
        rare; toujours= | jamais=; autoris permis= permet= permettre= | interdi prohib; facile simple |
        difficile complex; ouvert ouvr | fermé ferme= ferment=; gagn bénéfice | perd perte; accept approuv
        | rejet refus; favoris encourag | découragé décourag; positif positive | négatif négative;
        possible | impossible; public= publique= publiques= publics= | privé; inclu compris= | exclu;
        début commenc | fin= termin
    """,
    "es": """
        aument increment subi= subió= sube= crec alza= | disminu reduc baj[oóa]= baja= bajan= bajaron=
        cay[oó] caída desc(?:iende|endió|enso); alto= alta= altos= altas= superior | bajo= baja= bajos=
        bajas= inferior; más= | menos=; mayor | menor; grande | pequeñ; rápid | lento lenta; largo larga |
        corto corta; mejor | peor empeor; fuerte | débil; antes= | después=; menudo= frecuente | rara
        raro; siempre= | nunca= jamás=; permit autoriz | prohib; fácil sencill simple | difícil complej;
        abiert abri | cerrad cerr; ganó= gana= ganancia beneficio | perd pérdida; acept aprob | rechaz;
        positiv | negativ; posible | imposible; públic | privad; inclu | exclu; comenz comienz inici |
        termin finaliz; compra compró= | vend
    """,
}


@lru_cache(maxsize=20_000)
def sides_of(word: str, language: str) -> tuple[tuple[int, int], ...]:
    """Of each pair of opposites that a word, in small letters, belongs to: its number, and 0 or 1 for the side."""
    whole, beginnings = _known(language)
    found = list(whole.get(word, ()))
    starts = range(len(word)) if language == "ko" else (0,)  # Korean nouns stand together
    for start in starts:
        for end in range(start + 2, len(word) + 1):
            found += beginnings.get(word[start:end], ())
    return tuple(dict.fromkeys(found))


@cache
def _known(language: str) -> tuple[_Sides, _Sides]:
    whole: _Sides = {}
    beginnings: _Sides = {}
    for pair, entry in enumerate(_OPPOSITES.get(language, "").split(";")):
        for side, words in enumerate(entry.split("|")):
            for word in words.split():
                (whole if word[-1] == "=" else beginnings).setdefault(word.rstrip("="), []).append((pair, side))
    return whole, beginnings
