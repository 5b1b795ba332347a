"""Every conversation of `tests/conversations` goes as it was written down."""

from __future__ import annotations

import pytest
from bot_process import BotProcess
from expectations import EXPECTATIONS
from fake_api import FakeApi
from transcripts import FOLDER, STEP, Replay, Transcript, transcripts


@pytest.mark.parametrize("transcript", transcripts(), ids=lambda transcript: transcript.path.stem)
def test_the_bot_answers_as_written(transcript: Transcript, busy_api: FakeApi, busy_bot: BotProcess) -> None:
    before = len(busy_bot.log())
    try:
        Replay(busy_api, transcript).play()
    except AssertionError as error:
        error.add_note(f"the bot's log:\n{busy_bot.log()[before:][-4000:]}")
        raise
    assert "Traceback" not in busy_bot.log()[before:], busy_bot.log()[before:]


def test_every_word_of_a_conversation_is_explained() -> None:
    explained = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [word for word in STEP | EXPECTATIONS if f"`{word}" not in explained] == []
