"""The series: one fact or one paragraph a day, in order, at a chat's own time, each exactly once."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from telegram import Bot, InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.answers import Answer
from bot.handlers import groups
from bot.handlers.desk import Desk, Visit
from bot.handlers.dress import Run, messages
from bot.handlers.posting import note_answer, say
from bot.handlers.sending import Place
from bot.inbox import current
from bot.journal import Journal, Sent, Series

log = logging.getLogger(__name__)

FACTS, PARAGRAPHS = "facts", "paragraphs"
CLAIMED, SENT = "claimed", "sent"
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


async def command(desk: Desk, visit: Visit, text: str) -> None:
    """`/series start 09:00 Europe/Warsaw [facts|paragraphs]`, `/series stop`, `/series`."""
    words = desk.words(visit.language)
    if not await groups.may_settle(visit.bot, visit.message.chat, visit.message.sender_chat, visit.reader):
        await say(desk, visit, words["admins_only"])
        return
    action, *arguments = text.split() or [""]
    if action == "start":
        series = started(visit, arguments, datetime.now().astimezone())
        if series:
            desk.journal.start_series(series)
        await say(desk, visit, _status(desk, visit, series) if series else words["series_usage"])
    elif action == "stop":
        await say(desk, visit, words["series_stopped" if desk.journal.stop_series(visit.chat) else "series_none"])
    else:
        running = next((series for series in desk.journal.series() if series.chat == visit.chat), None)
        await say(desk, visit, _status(desk, visit, running) if running else words["series_usage"])


def started(visit: Visit, arguments: list[str], now: datetime) -> Series | None:
    """The series that a reader asks for; None when the time, the zone or the kind is not known."""
    if not 2 <= len(arguments) <= 3:
        return None
    clock, zone, kind = arguments[0], arguments[1], arguments[2] if len(arguments) == 3 else FACTS
    found = _CLOCK.fullmatch(clock)
    if not found or kind not in {FACTS, PARAGRAPHS} or not _known(zone):
        return None
    clock = f"{int(found[1]):02}:{found[2]}"
    series = Series(visit.chat, visit.thread, clock, zone, kind, visit.language, 0, "", SENT)
    return replace(series, slot=slot(series, now))


def slot(series: Series, now: datetime) -> str:
    """The latest slot (a date in the series' own zone) whose time has come at `now` (aware)."""
    local = now.astimezone(ZoneInfo(series.zone))
    day = local.date() if local.strftime("%H:%M") >= series.clock else local.date() - timedelta(days=1)
    return day.isoformat()


def due(series: Series, now: datetime) -> Series | None:
    """The series with the slot to post now, or None. After downtime only the latest slot is made up for; no item is skipped."""
    if series.state == CLAIMED:
        return series
    latest = slot(series, now)
    return replace(series, slot=latest, state=CLAIMED) if latest > series.slot else None


async def post_due(desk: Desk, bot: Bot, now: datetime) -> int:
    """Post what is due in all chats; how many posts. What cannot be sent now stays due."""
    posted = 0
    for series in desk.journal.series():
        claimed = due(series, now) if desk.journal.settings(series.chat).active else None
        if claimed is None:
            continue
        desk.journal.mark_slot(claimed.chat, claimed.position, claimed.slot, CLAIMED)
        try:
            await _post(desk, bot, claimed)
            posted += 1
        except TelegramError as error:
            log.warning("the series of chat %s could not be posted: %s", claimed.chat, error)
    return posted


class _Slot:
    """What becomes of one slot while it is posted: noted as sent the moment the message has left."""

    def __init__(self, journal: Journal, series: Series) -> None:
        self.armed = False
        self._journal = journal
        self._series = series

    def left(self) -> None:
        """The message is with the network."""
        self._journal.mark_slot(self._series.chat, self._series.position + 1, self._series.slot, SENT)

    def returned(self) -> None:
        """The message was refused."""
        self._journal.mark_slot(self._series.chat, self._series.position, self._series.slot, CLAIMED)


async def _post(desk: Desk, bot: Bot, series: Series) -> None:
    runs, keyboard, answer = _item(desk, bot, series)
    place = Place(series.chat, series.thread, None, desk.journal.settings(series.chat).quiet)
    state = _Slot(desk.journal, series)
    token = current.set(state)
    try:
        sent = await desk.sender.send(bot, place, messages(runs, series.language), keyboard)
    finally:
        current.reset(token)
    if desk.journal.settings(series.chat).active:
        state.left()
    if sent and answer:
        note_answer(desk, Sent(sent.chat_id, sent.message_id, None, series.thread, None, None, "", ""), answer)


def _item(desk: Desk, bot: Bot, series: Series) -> tuple[list[Run], InlineKeyboardMarkup | None, Answer | None]:
    """What the series posts at its position; after the last it begins again."""
    language = series.language
    if series.kind == PARAGRAPHS:
        labels = desk.responder.labels()
        found = desk.responder.paragraphs(labels[series.position % len(labels)])[0]
        name = desk.responder.paragraph_name(found.label, language)
        head = [Run(f"📄 {name}", "b"), Run(f" · {desk.responder.report_title(language)}\n")]
        return [*head, Run(found.text, "quote")], desk.turning(found.label, language), None
    facts = [s.fact for topic, _ in desk.responder.topics(language) for s in desk.responder.facts_of(topic, language)]
    answer = desk.responder.fact(facts[series.position % len(facts)], language)
    if answer is None:
        return [Run(desk.words(language)["no_fact"])], None, None
    return [Run(f"{answer.question}\n\n", "b"), *desk.runs(answer, titled=True)], desk.keyboard(answer, bot), answer


def _status(desk: Desk, visit: Visit, series: Series) -> str:
    words = desk.words(visit.language)
    order = words["order_facts" if series.kind == FACTS else "order_paragraphs"]
    return words["series_running"].format(time=series.clock, zone=series.zone, order=order, number=series.position + 1)


def _known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        return False
    return True
