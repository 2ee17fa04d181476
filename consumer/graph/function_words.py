"""Words that say how a question is put and not what it is about: they tell no text from another. Pure.

Left out of a full-text query where other words remain: in chats and minutes a text is else found because it asks
"what did you do" too. By language, and only those of the one language whose words the question has most of: "die" is
an article in German and no small thing in English.
"""

from __future__ import annotations

from collections.abc import Sequence

_BY_LANGUAGE = {
    "ar": "في من على إلى الى عن مع أن ان إن كان كانت كم ما ماذا متى أين اين كيف هل لماذا لم لا هو هي هذا هذه التي "
    "الذي أو و أي اي بين عند قد ذلك تلك ثم بعد قبل كل",
    "de": "der die das den dem des ein eine einen einem einer und oder aber ist sind war waren hat haben hatte wird "
    "wurde was wer wen wem wann wo warum wie welche welcher welches wieviel in im an am auf aus bei mit nach "
    "von vom zu zum zur für über unter es er sie wir ihr ich sich nicht dass als auch nur",
    "en": "a an the and or but of to in on at by for from with about as into is are was were be been being am do "
    "does did done has have had having will would can could shall should may might must what which who whom "
    "whose when where why how i you he she it we they me him her us them my your his its our their this that "
    "these those there here if than then so not no any some s t",
    "es": "el la los las un una unos unas y o pero de del a al en con por para sin sobre es son era eran fue fueron "
    "ser ha han había hay qué que quién quien quiénes cuál cuáles cuándo cuando dónde donde cómo como cuánto "
    "cuántos cuánta cuántas se su sus lo le les este esta esto ese esa no sí más muy",
    "fr": "le la les l un une des du de d et ou mais à au aux en dans par pour avec sans sur est sont était étaient "
    "a ont avait fut être que qu quoi qui quel quelle quels quelles quand où comment pourquoi combien il elle "
    "ils elles je tu nous vous on se sa son ses ce cet cette ces ne pas plus",
    "hi": "का की के को से में पर ने है हैं था थी थे हो और या एक यह वह ये वे इस उस इन उन क्या कौन कब कहाँ कहां क्यों "
    "कैसे कितना कितने कितनी किस किसने किसे किसका किसकी किसके कौनसा कौनसी जो तो भी ही नहीं लिए गया गई गए किया "
    "द्वारा",
    "it": "il lo la i gli le un uno una e o ma di del della dei a al alla in nel nella con per da dal su è sono era "
    "erano ha hanno fu che chi cosa quale quali quando dove come perché quanto quanti quante si suo sua non "
    "più",
    "pt": "o a os as um uma e ou mas de do da dos das em no na nos nas com por para sem sobre é são era eram foi "
    "foram ser tem há que quem qual quais quando onde como quê quanto quantos quantas se seu sua não mais",
    "ru": "и или но а в во на с со к ко по о об от до из за у для при под над не ни да это этот эта эти тот та те "
    "что кто кого кому чем как какой какая какое какие каким каком каких какую когда где куда откуда почему "
    "зачем сколько чей чья чьи был была было были есть быть он она оно они его её ее их ли же бы",
}
_WORDS = {language: frozenset(words.split()) for language, words in _BY_LANGUAGE.items()}
_MARKS = "?!.,:;¿¡…\"'’“”„«»()[]{}؟،।-–—"


ENGLISH = "en"


def language_of(words: Sequence[str]) -> str | None:
    """Return the language most of whose function words are among `words` (lower case); None if none of any is."""
    bare = [word.strip(_MARKS) for word in words]
    counts = {language: sum(word in known for word in bare) for language, known in _WORDS.items()}
    most = max(sorted(counts), key=lambda language: counts[language])
    return most if counts[most] else None


def content_words(words: Sequence[str]) -> list[str]:
    """Return `words` (lower case) without the function words of their language; all, where nothing would be left."""
    language = language_of(words)
    if language is None:
        return list(words)
    own = _WORDS[language]
    return [word for word in words if word.strip(_MARKS) not in own] or list(words)
