"""Words that a summary is spoken of with, and those of a chat around it, by language: alone they say nothing."""

from __future__ import annotations

FRAMING = {
    "en": """
        document documents paper article text report summary summaries summarize summarizes
        summarized study author authors section sections chapter passage excerpt content contents
        topic topics subject information detail details detailed overview introduction conclusion
        context discussion explanation description analysis provide provides provided providing
        describe describes described discuss discusses discussed present presents presented give
        gives given include includes including contain contains cover covers covered explain
        explains explained outline outlines outlined highlight highlights highlighted mention
        mentions mentioned focus focuses focused conclude concludes emphasize emphasizes explore
        explores offer offers introduce introduces show shows comprehensive brief concise clear
        additional further various variety different several multiple main key important importance
        significant significance interesting interest aspect aspects point points idea ideas concept
        concepts issue issues matter matters specific certain general overall finally following
        example examples note part parts way ways use used using based related relevant understand
        understanding reader readers step steps break written write writing version sentence
        sentences paragraph word words language plain english prose keep name names number numbers
        attend create previous sure certainly course absolutely okay happy glad pleased help helps
        helpful hope please question questions request requested ask asked assist assistance free
        feel need provided welcome thank thanks sorry assistant user prompt instructions response
        answer work works need want able long longer short
    """,
    "ko": """
        문서 논문 기사 글 본문 보고서 요약 요약문 요약본 내용 주제 정보 설명 소개 개요 결론
        서론 저자 부분 항목 사항 다음 주요 중요 핵심 다양한 여러 전반 상세 자세한 제공 제시
        언급 포함 논의 강조 작성 정리 도움 질문 물론 네 알겠습니다 드리겠습니다 드립니다
        해드리겠습니다 감사합니다 궁금한 요청 필요 문의 말씀 주세요 있습니다 합니다 입니다 된다
        대한 대해 관한 관련
    """,
    "de": """
        dokument text bericht artikel zusammenfassung studie autor autoren abschnitt kapitel inhalt
        thema themen information informationen überblick einleitung schluss beschreibt behandelt
        enthält bietet gibt erklärt erläutert zeigt nennt stellt vor dar wichtig wichtige wichtigen
        verschiedene verschiedenen aspekt aspekte punkt punkte detailliert detaillierte umfassend
        umfassende weitere zusätzliche gerne natürlich hier frage fragen helfen hilfe hoffe bitte
        der die das ein eine einen einer eines des dem den und oder von zu zum zur in im mit für auf
        über ist sind wird werden dies diese dieser dieses es sie ich wir ihr ihnen ihre kann können
        auch sich wie an aus bei nach als dass
    """,
    "fr": """
        document texte rapport article résumé étude auteur auteurs section chapitre contenu sujet
        sujets thème information informations aperçu introduction conclusion décrit présente
        contient offre donne explique montre mentionne fournit aborde traite important importante
        importants importantes divers diverses différents différentes plusieurs aspect aspects point
        points détaillé détaillée complet complète principaux principales autres bien sûr voici
        question questions aider aide espère plaît le la les l un une des du de d et ou à au aux en
        dans sur pour par avec ce cet cette ces il elle ils elles je nous vous votre que qui est
        sont a ont aussi se s y
    """,
    "es": """
        documento texto informe artículo resumen estudio autor autores sección capítulo contenido
        tema temas información visión introducción conclusión describe presenta contiene ofrece da
        explica muestra menciona proporciona aborda trata importante importantes diversos diversas
        diferentes varios varias aspecto aspectos punto puntos detallado detallada completo completa
        principales principal otros claro supuesto aquí pregunta preguntas ayudar ayuda espero favor
        el la los las un una unos unas del de y o a al en sobre para por con este esta estos estas
        es son se lo que su sus yo usted también como
    """,
}

# The commonest verbs, adverbs and nouns, into which everything is put in other words: a source that lacks one of
# them says little against a sentence. After the first few hundred of the General Service List (West, 1953).
LIGHT = {
    "en": """
        able accord according account act add after again ago allow almost alone along already although
        always among amount appear apply ask away back bad based basis be become becomes became before
        began begin behind believe beside besides best better big both bring brings brought build built
        call called came care carry case cause certain change changed changes choose chose come comes
        common consider considered consist cost costs could count counts course create cut day deal
        decide different difficult do done down draw due during each early easy either else end enough
        enter entire equal especially even ever every exceed exceeds example expect fact far feel few
        find finds found first follow follows form former forms four free full gain gave general get
        gets gives go goes good got great group grow had half hand happen hard having hear held here
        high hold holds however idea instead join just keep keeps kept kind know known large last late
        later latter lead leads learn least leave leaves led left less let lets level lie like likely
        line list little live local long look looks lot low made main make makes making man manner many
        mark matter may mean means meant meet mere merely method might mind more most move moved much
        must near nearly need needed needs never new next nor normal nothing now number occur offer
        offers often old once one only open order other others otherwise own part particular past pay
        people perhaps person place plan point possible present probably produce provide purpose put
        puts quick quickly quite raise ran rather reach reached reaches ready real really reason receive
        recent regard remain require rest result results return right run runs said same saw say second
        see seem seems seen send sent set sets several shall short should side similar simple since
        single small some someone something sometimes soon sort speak special stand start started state
        stay step still stop such sure take taken takes tell tend tends test than then there therefore
        thing think third though three through thus time times together told too took total toward tried
        true try turn turned turns two under until up upon usual usually various very want was way ways
        well went whether while whole why wide will wish within without work worked works worse would
        write written year years yet
    """,
}
