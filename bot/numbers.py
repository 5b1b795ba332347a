"""Numbers, percentages and dates as texts write them, in any numeral system and six languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_HAN_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000, "亿": 100_000_000}
_HAN = "".join(_HAN_DIGITS) + "".join(_HAN_UNITS)
_DIGITS = r"\d{1,18}(?:[ \u00a0\u202f\u2009.,'’٬，]\d{3}(?!\d))*(?:[.,٫]\d+)?"
_SCALES = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "百万": 1_000_000, "千": 1000}
_PERCENT = re.compile(r"\s*(?:[%٪]|per\s?cent|percent|pour\s?cent|por\s?ciento|процент\w*|في المائة|في المئة|بالمئة|بالمائة)")
_PERCENT_BEFORE = re.compile(r"百分之$")
_NAMES = re.compile(r"(?:covid|كوفيد)[-‑ ]?(?:19)?", re.IGNORECASE)
_GROUPING = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009.,'’٬，](?=\d{3}(?!\d))")


@dataclass(frozen=True)
class Number:
    """A value as it stands in a text; `unit` is `%`, a month's number as `month`, or empty."""

    value: float
    unit: str
    text: str


def chinese_value(text: str) -> int:
    """The value of a run of Chinese numerals: 二十二 -> 22, 二〇二二 -> 2022, 一万七千 -> 17000, as is 一万七."""
    if not any(c in _HAN_UNITS for c in text):
        return int("".join(str(_HAN_DIGITS[c]) for c in text) or 0)
    total = section = digit = 0
    for char in text:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        elif _HAN_UNITS[char] >= 10_000:
            total, section, digit = (total + section + digit) * _HAN_UNITS[char], 0, 0
        else:
            section, digit = section + (digit or 1) * _HAN_UNITS[char], 0
    spoken = _HAN_UNITS.get(text[-2:-1], 0) if text[-1] in _HAN_DIGITS else 0
    return total + section + digit * (spoken // 10 if spoken >= 100 else 1)


class Figures:
    """Reads the numbers of one language's texts.

    `words` maps spelled numbers to values (case-folded), `months` the names of months to 1-12.
    """

    def __init__(self, words: Mapping[str, float], months: Mapping[str, int]) -> None:
        self._words, self._months = words, months
        self._pattern = re.compile(
            rf"(?P<digits>{_DIGITS})(?P<scale>\s?(?:百万|[万萬亿千]))?|(?P<han>[{_HAN}]+)"
            + (rf"|(?<!\w)(?P<word>{_longest_first(words)})(?!\w)" if words else "")
            + (rf"|(?<!\w)(?P<month>{_longest_first(months)})(?!\w)" if months else "")
        )

    def read(self, text: str, lenient: bool = False) -> list[Number]:
        """Every number in a text, in order.

        A single Chinese 一 counts only after 第 or when `lenient`, as it is mostly part of a word. Names with a number
        in them (COVID-19) are no numbers.
        """
        folded = unicodedata.normalize("NFKC", text).casefold()
        folded = _NAMES.sub(lambda found: " " * len(found[0]), folded)
        return [number for found in self._pattern.finditer(folded) if (number := self._number(found, folded, lenient))]

    def _number(self, found: re.Match[str], folded: str, lenient: bool) -> Number | None:
        groups = found.groupdict()
        if groups.get("month"):
            return Number(self._months[groups["month"]], "month", found[0])
        if groups["digits"]:
            value = _decimal(groups["digits"]) * _SCALES.get((groups["scale"] or "").strip(), 1)
        elif groups["han"]:
            if not _counts(groups["han"], folded, found.start(), lenient):
                return None
            value = chinese_value(groups["han"])
        else:
            value = self._words[groups["word"]]
        after = folded[found.end() : found.end() + 20]
        unit = "%" if _PERCENT.match(after) or _PERCENT_BEFORE.search(folded[: found.start()]) else ""
        if not unit and re.match(r"\s?月", after) and 1 <= value <= 12:
            unit = "month"
        return Number(value, unit, found[0].strip())


_DAY = r"(\d{1,2})(?:er|st|nd|rd|th|-го)?"
_TO = r"(?:\s*(?:[-–—]|to|and|au|et|al|y|по|и|إلى|الى|و)\s*)"
_CHINESE_DATE = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*日(?:\s*(?:至|到|[-–—])\s*(\d{1,2})\s*日)?")


class Dates:
    """Reads the dates of one language's texts; `months` maps its names of months to 1-12."""

    def __init__(self, months: Mapping[str, int]) -> None:
        self._months = months
        names = _longest_first(months) if months else "(?!)"
        self._day_first = re.compile(rf"{_DAY}(?:{_TO}(?:el\s+)?{_DAY})?\s+(?:of\s+|de\s+)?({names})(?!\w)")
        self._month_first = re.compile(rf"(?<!\w)({names})\s+{_DAY}(?:{_TO}{_DAY})?(?!\d)")

    def read(self, text: str) -> set[tuple[int, int]]:
        """(day, month) of every date: 6月26日至30日, 26-30 June, June 26, 26 de junio."""
        folded = text.casefold()
        found = {(int(day), int(m[1])) for m in _CHINESE_DATE.finditer(folded) for day in m.groups()[1:] if day}
        found |= {(int(day), self._months[m[3]]) for m in self._day_first.finditer(folded) for day in m.groups()[:2] if day}
        found |= {(int(day), self._months[m[1]]) for m in self._month_first.finditer(folded) for day in m.groups()[1:] if day}
        return found


def _longest_first(names: Mapping[str, object]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


def _decimal(digits: str) -> float:
    plain = _GROUPING.sub("", digits).replace("٫", ".").replace(",", ".").replace("，", ".")
    return float("".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain))


def _counts(han: str, text: str, start: int, lenient: bool) -> bool:
    if lenient:
        return True
    if han in {"一", "万", "萬", "千", "百", "千万", "十", "亿"}:
        return text[start - 1 : start] == "第"
    return True
