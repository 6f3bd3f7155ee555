"""The words of a report in Korean. The keys are its words in English (words.py)."""

KOREAN = {
    # Pages
    "p. {pages}": "{pages}쪽",
    "pp. {pages}": "{pages}쪽",
    "PDF p. {pages}": "PDF {pages}쪽",
    "PDF pp. {pages}": "PDF {pages}쪽",
    "and {count} more": "외 {count}개",
    "no page": "해당 쪽 없음",
    "(page {position} of the file)": "(파일의 {position}번째 쪽)",
    "Open in the PDF": "PDF에서 열기",
    # The page
    "summary": "요약",
    "Summary": "요약",
    "Summary of {documents}": "{documents} 요약",
    "Skip to the summary": "요약으로 바로 가기",
    "There is no summary.": "요약이 없습니다.",
    "Select the page numbers after a sentence to read its source.": "문장 뒤의 쪽 번호를 누르면 원문을 볼 수 있습니다.",
    "Copy": "복사",
    "Copied.": "복사했습니다.",
    "At a glance": "한눈에 보기",
    "Chapters": "장",
    "Chapter by chapter": "장별 요약",
    "Where each sentence comes from": "문장별 출처",
    "Warnings": "주의할 점",
    "Warnings count pages from the start of the file.": "여기의 쪽 번호는 파일의 첫 쪽부터 센 것입니다.",
    "Page by page": "쪽별 현황",
    "How the summary was put together": "요약이 만들어진 순서",
    "How it was made": "만든 방법",
    "Expand all": "모두 펼치기",
    "Collapse all": "모두 접기",
    "Close": "닫기",
    # At a glance
    "Pages read": "읽은 쪽",
    "{part} of {whole}": "{whole} 중 {part}",
    "none of {whole}": "{whole}문장 중 없음",
    "Parts used": "사용한 부분",
    "Documents not used": "사용하지 않은 문서",
    "Use by position": "위치별 사용",
    "{share} of the beginning": "앞부분의 {share}",
    "{share} of the middle": "가운데의 {share}",
    "{share} of the end": "끝부분의 {share}",
    "Length": "길이",
    "{words} words, {share} of the text read": "{words}어절, 읽은 글의 {share}",
    "{words} words (about {wanted} asked for), {share} of the text read": (
        "{words}어절(요청 약 {wanted}), 읽은 글의 {share}"
    ),
    "under 0.1%": "0.1% 미만",
    "Sentences to check": "확인할 문장",
    "(word overlap only, not a fact check)": "(낱말이 겹치는지만 본 것이며, 사실 확인은 아닙니다)",
    # The source of a sentence
    "Source of sentence {number}": "{number}번 문장의 출처",
    "Source: {pages}": "출처: {pages}",
    "No matching passage was found in the document.": "문서에서 맞는 대목을 찾지 못했습니다.",
    "Support {support} of 1. It measures shared words only and is not a fact check.": (
        "근거 1 중 {support}. 겹치는 낱말만 센 값이며, 사실 확인은 아닙니다."
    ),
    "Picture of {page}, in which the passage is marked where it was found": (
        "{page}의 그림. 해당 대목을 찾은 곳에 표시했습니다"
    ),
    "This page has no picture: it cannot be drawn.": "이 쪽은 그릴 수 없어 그림이 없습니다.",
    "This page has no picture: a report has 60 at most, of 8 MB together.": (
        "이 쪽은 그림이 없습니다. 보고서에는 그림이 최대 60장, 모두 합해 8 MB까지 들어갑니다."
    ),
    # Flags
    "weak support": "근거 약함",
    "number not in source": "원문에 없는 수",
    "unit not in source": "원문과 다른 단위",
    "comparison not in source": "원문과 다른 범위",
    "name not in source": "원문에 없는 이름",
    "opposite in source": "원문과 반대",
    "roles differ from source": "원문과 다른 관계",
    "stronger than source": "원문보다 강한 표현",
    "said twice": "되풀이",
    "says nothing": "내용 없음",
    "not a sentence": "문장이 아님",
    "markup": "태그",
    "prompt text": "지시문",
    "No passage says this in similar words. It may be a paraphrase, or draw on many passages;"
    " read the pages before you rely on it.": (
        "비슷한 말로 된 대목이 없습니다. 다른 말로 바꾸었거나 여러 대목을 모은 것일 수 있으니, 믿기 전에 해당 쪽을 읽어 보십시오."
    ),
    "A number in this sentence does not appear in the passages. It may be rounded or"
    " calculated; compare it with the page.": (
        "이 문장의 수가 해당 대목에 없습니다. 반올림하거나 계산한 값일 수 있으니 원문과 견주어 보십시오."
    ),
    "A number in this sentence counts something else in the passages, such as months"
    " instead of years; compare it with the page.": (
        "이 문장의 수가 해당 대목에서는 다른 것을 셉니다(이를테면 해가 아니라 달). 원문과 견주어 보십시오."
    ),
    "The passages say that a number is a bound, such as “at least” or “up to”, and"
    " this sentence does not, or says the other bound; compare it with the page.": (
        "해당 대목의 수는 ‘이상’이나 ‘이하’ 같은 한계인데, 이 문장은 그렇지 않거나 반대로 말합니다. 원문과 견주어 보십시오."
    ),
    "A name in this sentence does not appear in the passages, or is put together of two."
    " It may be spelled differently; compare it with the page.": (
        "이 문장의 이름이 해당 대목에 없거나 두 이름이 섞였습니다. 표기가 다를 수 있으니 원문과 견주어 보십시오."
    ),
    "A passage like this sentence has a “not” or an opposite word that the sentence lacks,"
    " or the other way round. Read which of them it is.": (
        "비슷한 대목에 이 문장에는 없는 부정이나 반대말이 있거나, 그 반대입니다. 어느 쪽인지 읽어 보십시오."
    ),
    "A passage has the same words the other way round, as “A beats B” and “B beats A”. Read who does what.": (
        "같은 낱말이 해당 대목에서는 거꾸로 쓰였습니다(‘갑이 을을 이긴다’와 ‘을이 갑을 이긴다’). 누가 무엇을 하는지 읽어 보십시오."
    ),
    "This sentence is wider or surer than the passages: “all”, “must” or “you” is not in"
    " them, or they say “may”. Read how far they go.": (
        "이 문장은 해당 대목보다 넓거나 단정적입니다(‘모두’, ‘반드시’ 등). 원문이 어디까지 말하는지 읽어 보십시오."
    ),
    "The summary has said this before.": "요약이 앞에서 이미 말한 내용입니다.",
    "Any summary of any document could have this sentence.": "어느 문서의 요약에나 쓸 수 있는 문장입니다.",
    "This is a heading over nothing, a row of a table, or broken off.": (
        "아래에 글이 없는 제목이거나, 표의 한 줄이거나, 끊긴 문장입니다."
    ),
    "This holds tags that are no text.": "글이 아닌 태그가 들어 있습니다.",
    "These are words of the prompt, not of the document.": "문서가 아니라 지시문의 말입니다.",
    # Page by page
    "Read": "읽음",
    "read": "읽음",
    "No text": "글 없음",
    "no text": "글 없음",
    "Could not be read": "읽지 못함",
    "could not be read": "읽지 못함",
    "Not selected": "선택하지 않음",
    "not selected": "선택하지 않음",
    "References only, left out": "참고 문헌뿐이라 제외",
    "references only, left out": "참고 문헌뿐이라 제외",
    "The model failed on all or part of it": "모델이 전부 또는 일부를 처리하지 못함",
    "the model failed on all or part of it": "모델이 전부 또는 일부를 처리하지 못함",
    "More than a tenth of the words left out": "낱말의 10% 넘게 제외",
    "Sentences of the summary by source page:": "출처 쪽별 요약 문장:",
    "What was left out of each page": "쪽마다 제외한 것",
    "sentence {number}": "{number}번 문장",
    "sentences {number}": "{number}번 문장",
    "left out: {what}": "제외: {what}",
    "The fuller a page, the more of the summary comes from it.": "막대가 높을수록 요약에 많이 쓰인 쪽입니다.",
    "The fuller a bar ({count} pages), the more of the summary comes from it.": (
        "막대(한 개에 {count}쪽)가 높을수록 요약에 많이 쓰인 쪽입니다."
    ),
    "Not in the summary.": "요약에 없음.",
    "page headers": "머리글",
    "page footers": "바닥글",
    "page numbers": "쪽 번호",
    "line numbers": "줄 번호",
    "references": "참고 문헌",
    "table of contents": "차례",
    "stamps and watermarks": "도장과 워터마크",
    "print beside the page": "쪽 밖의 글자",
    "hidden text": "숨은 글",
    "struck-out text": "지운 글",
    "garbled characters": "깨진 글자",
    "marks of notes": "주석 표시",
    "front matter": "머리 정보",
    "comments": "주석",
    "encoded data": "부호화된 자료",
    "output of code": "코드의 출력",
    # Mended sentences
    "Mended sentences": "고친 문장",
    "Mended, because the document did not bear it out:": "문서와 맞지 않아 고친 문장:",
    "taken out": "삭제함",
    "hardly supported": "근거가 거의 없음",
    # How the summary was put together
    "No text.": "글이 없습니다.",
    "from {count} summaries": "요약 {count}개를 합침",
    "Final summary": "최종 요약",
    "Merged summary {number}": "합친 요약 {number}",
    "Part {number}": "{number}번 부분",
    "Text of {pages}": "{pages}의 글",
    "stopped at the token limit": "길이 한도에서 멈춤",
    "cut at the token limit": "길이 한도에서 자름",
    "cut where it began to repeat itself": "되풀이가 시작된 곳에서 자름",
    "in another language than asked for": "요청과 다른 언어",
    "came back empty": "빈 답",
    "a thought without an answer": "답 없이 생각만 함",
    "the prompt said again": "지시문을 되풀이함",
    "refused by the model": "모델이 거절함",
    "missing because the model call failed": "모델 호출에 실패해 없음",
    # How it was made
    "Model": "모델",
    "Provider": "제공 방식",
    "Language": "언어",
    "Focus": "초점",
    "Calls of the model": "모델 호출",
    "{count} answered from the cache": "{count}번은 저장된 답",
    "Tokens": "토큰",
    "{read} read, {written} written": "읽음 {read}, 씀 {written}",
    "Seconds": "초",
    "Settings": "설정",
    "Prompts": "지시문",
    "For a part": "부분 요약",
    "For merging summaries": "요약 합치기",
    "For the summary": "최종 요약",
    "For mending a sentence": "문장 고치기",
    "For comparing documents": "문서 비교",
    "For a question": "질문",
    "reading": "읽기",
    "dividing": "나누기",
    "summarizing the parts": "부분 요약",
    "collecting": "모으기",
    "merging": "합치기",
    "writing the summary": "요약 쓰기",
    "looking up its sources": "출처 찾기",
    "mending sentences": "문장 고치기",
    "finding passages": "대목 찾기",
    "answering": "답 쓰기",
    "What the model wrote, which the document does not support": "모델이 썼으나 문서가 뒷받침하지 않는 글",
    # Markdown
    "{read} of {count} page was read": "{count}쪽 중 {read}쪽을 읽었습니다",
    "{read} of {count} pages were read": "{count}쪽 중 {read}쪽을 읽었습니다",
    "; the summary has {length}": "; 요약은 {length}입니다",
    "No sentence draws on {documents}.": "{documents}에서 온 문장은 없습니다.",
    "By word overlap, the summary draws on {what}": "겹치는 낱말로 보면 요약은 {what}을 사용했습니다",
    "{used} of {count} part": "부분 {count}개 중 {used}개",
    "{used} of {count} parts": "부분 {count}개 중 {used}개",
    "{used} of {count} page": "{count}쪽 중 {used}쪽",
    "{used} of {count} pages": "{count}쪽 중 {used}쪽",
    "{share} of the first third": "첫 3분의 1에서 {share}",
    "{share} of the second": "둘째에서 {share}",
    "{share} of the last": "마지막에서 {share}",
    "No sentence is flagged": "표시된 문장이 없습니다",
    '{flagged} of {all} sentences is flagged with "?" ({counts})': '{all}문장 중 {flagged}문장에 "?" 표시가 있습니다({counts})',
    '{flagged} of {all} sentences are flagged with "?" ({counts})': '{all}문장 중 {flagged}문장에 "?" 표시가 있습니다({counts})',
    "; this is word overlap only, not a fact check.": ". 겹치는 낱말만 본 것이며, 사실 확인은 아닙니다.",
    "It says nothing if the summary and the document are in different languages.": (
        "요약과 문서의 언어가 다르면 이 표시는 아무것도 말해 주지 않습니다."
    ),
    "{what} on {pages}": "{what}({pages})",
    "{count} word": "{count}어절",
    "{count} words": "{count}어절",
    "Not in the summary: {pages}.": "요약에 없음: {pages}.",
    "Left out: {what}.": "제외: {what}.",
    "Warnings:": "주의할 점:",
    "Warnings (pages are counted from the start of the file):": "주의할 점(쪽 번호는 파일의 첫 쪽부터 셈):",
    "No page had anything to summarize.": "요약할 내용이 있는 쪽이 없었습니다.",
    "From {pages}": "출처 {pages}",
    "From {part} of {whole} pages in {count} documents": "출처 문서 {count}개, {whole}쪽 중 {part}쪽",
    "({part} of {whole} pages)": "({whole}쪽 중 {part}쪽)",
    "{text}, read as a whole.": "{text}, 한 번에 읽음.",
    "{text}, read in {count} parts{ranges}.": "{text}, {count}개 부분{ranges}으로 나누어 읽음.",
    "{count} call": "모델 호출 {count}번",
    "{count} calls": "모델 호출 {count}번",
    "({count} from the cache)": "({count}번은 저장된 답)",
    "Made by {model} with {calls} in {seconds} s.": "{model}, {calls}, {seconds}초.",
    "Pages by sentence: {pages}.": "문장별 쪽: {pages}.",
}
