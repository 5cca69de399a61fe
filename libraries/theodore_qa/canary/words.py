"""Random words that are in no dictionary, in the letters of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

# Beginnings, middles and ends of words, such that no word is one of a language or holds a term of a trade.
_SYLLABLES = {
    "en": (
        ("Vor", "Tes", "Zam", "Quil", "Brev", "Dron", "Yest", "Olm", "Fenk", "Guv"),
        ("ba", "le", "mi", "no", "ru", "ska", "vey", "zo"),
        ("mek", "nar", "quist", "rund", "tavo", "vix", "zel", "bury"),
    ),
    "de": (
        ("Grün", "Zwölm", "Brüm", "Kräz", "Höls", "Quaß", "Wend", "Tiev", "Föhm", "Uhl"),
        ("ba", "de", "ge", "li", "mo", "sö", "wu", "zä"),
        ("brot", "fels", "hagn", "mund", "tal", "wick", "zorn", "schlupf"),
    ),
    "fr": (
        ("Vél", "Brêm", "Chaz", "Dréz", "Fléz", "Gouv", "Méz", "Ovar", "Quév", "Sauz"),
        ("an", "é", "in", "o", "ou", "u", "ia", "eu"),
        ("beaux", "court", "dron", "gnac", "lière", "mont", "vert", "zoul"),
    ),
    "ja": (
        ("ヴォル", "ザミ", "クエ", "テスカ", "ヌヴィ", "ロメ", "ガドゥ", "フェズ"),
        ("バ", "ネ", "ミ", "ゾ", "ルカ", "セ", "ポ", "ヤ"),
        ("タリク", "メドス", "ナヴァ", "ゼルカ", "ビント", "ラーモ", "ソニャ", "グレフ"),
    ),
}
LANGUAGES = tuple(_SYLLABLES)


class Words:
    """Words of one language from a source of chance, none twice."""

    def __init__(self, language: str, source: random.Random) -> None:
        self._syllables = _SYLLABLES[language]
        self._source = source
        self._used: set[str] = set()

    def word(self) -> str:
        """A word with a capital letter, as names have it."""
        while True:
            first, middle, last = self._syllables
            inner = "".join(self._source.choice(middle) for _ in range(self._source.randint(2, 3)))
            made = self._source.choice(first) + inner + self._source.choice(last)
            if made not in self._used:
                self._used.add(made)
                return made

    def names(self, least: int, most: int) -> list[str]:
        """Some words."""
        return [self.word() for _ in range(self._source.randint(least, most))]


def ascii_word(source: random.Random) -> str:
    """A word for addresses."""
    return Words("en", source).word().lower()
