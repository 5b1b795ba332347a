"""Tables of how characters vary and sound, made at build time and kept with the index."""

from __future__ import annotations

import os
from functools import cache

import opencc

os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # readings of single characters only, a third of the time to import

from pypinyin.contrib.tone_convert import to_normal
from pypinyin.pinyin_dict import pinyin_dict

_FIRST, _LAST = 0x3400, 0x9FFF
_FIRST_COMMON = 0x4E00


def simplified() -> dict[int, str]:
    """Code point of every traditional character -> its simplified one (OpenCC, `t2s`)."""
    characters = [chr(code) for code in range(_FIRST, _LAST + 1)]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    table = {ord(a): b for a, b in zip(characters, converted, strict=True) if a != b and len(b) == 1}
    return table | {ord("著"): "着", ord("妳"): "你", ord("祂"): "他", ord("牠"): "它"}


def sounds() -> dict[str, str]:
    """Character -> its first reading in pinyin without tones."""
    toneless = cache(to_normal)
    readings = ((code, toneless(marked.split(",")[0])) for code, marked in pinyin_dict.items() if _FIRST_COMMON <= code <= _LAST)
    return {chr(code): reading for code, reading in readings if reading.isascii() and reading.isalpha()}
