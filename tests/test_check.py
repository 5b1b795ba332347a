"""`check` lets no wrong quote and no wrong figure through, and names what is not finished."""

from __future__ import annotations

import random
import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from homes import ROOT, Command

from bot import building, check
from bot.facts import Fact, Knowledge, Problem
from bot.knowledge import read

FIFTY = 50
SPELLED = 60  # up to here a paragraph may spell a figure in words


class Edits:
    """A copy of the shipped knowledge in which single characters are changed, and what `check` finds there."""

    def __init__(self, home: Path) -> None:
        for folder in ("knowledge", "seeds"):
            shutil.copytree(ROOT / folder, home / folder)
        self.home = home
        self.known: Knowledge = read(home)[0]
        self.made: dict[tuple[str, int], str] = {}

    def change(self, path: str, line: int, old: str, new: str) -> None:
        """Write `new` for `old` on one line of a file."""
        place = self.home / path
        lines = place.read_text(encoding="utf-8").splitlines(keepends=True)
        assert lines[line - 1].count(old) == 1
        lines[line - 1] = lines[line - 1].replace(old, new)
        place.write_text("".join(lines), encoding="utf-8")
        self.made[path, line] = f"{old} -> {new}"

    def on_one_line(self, path: str, line: int, text: str) -> bool:
        """Whether a line of a file holds this text once."""
        return (self.home / path).read_text(encoding="utf-8").splitlines()[line - 1].count(text) == 1

    def problems(self) -> list[Problem]:
        """What is wrong now."""
        known, problems = read(self.home)
        return problems + check.evidence(known)

    def missed(self) -> list[str]:
        """The changes that nothing was said about."""
        named = {(p.path, p.line) for p in self.problems()}
        return [f"{place}: {change}" for place, change in self.made.items() if place not in named]


@pytest.fixture(scope="module")
def fifty_quotes(tmp_path_factory: pytest.TempPathFactory) -> Edits:
    """Fifty facts, one character changed in the quote of each."""
    edits, chance = Edits(tmp_path_factory.mktemp("quotes")), random.Random(22)
    for fact in chance.sample(edits.known.facts, len(edits.known.facts)):
        quote, line = fact.citations[0].quote, fact.lines["citations/0"]
        place = chance.choice([n for n, c in enumerate(quote) if c.isalnum()])
        if len(edits.made) < FIFTY and edits.on_one_line(fact.path, line, quote):
            edits.change(fact.path, line, quote, quote[:place] + ("某" if quote[place] != "某" else "甲") + quote[place + 1 :])
    return edits


@pytest.fixture(scope="module")
def fifty_answers(tmp_path_factory: pytest.TempPathFactory) -> Edits:
    """Fifty facts, one digit changed in the answer of each, in all languages in turn."""
    edits, chance = Edits(tmp_path_factory.mktemp("answers")), random.Random(22)
    languages = sorted({language for fact in edits.known.facts for language in fact.blocks})
    for fact in chance.sample(edits.known.facts, len(edits.known.facts)):
        language = languages[len(edits.made) % len(languages)]
        block = fact.blocks.get(language)
        wrong = _another_figure(block.answer, fact, edits.known, chance) if block else None
        if block and wrong and len(edits.made) < FIFTY and edits.on_one_line(fact.path, block.line, block.answer):
            edits.change(fact.path, block.line, block.answer, wrong)
    return edits


def _another_figure(answer: str, fact: Fact, known: Knowledge, chance: random.Random) -> str | None:
    """The answer with one digit changed so that it gives a figure not printed in any cited paragraph."""
    reports = {report.id: report for report in known.reports}
    printed = " ".join(p.text for c in fact.citations if (p := reports[c.report].paragraph(c.paragraph)))
    held = set(re.findall(r"\d+", unicodedata.normalize("NFKC", printed)))
    places = [n for n, c in enumerate(answer) if c.isdecimal()]
    for place in chance.sample(places, len(places)):
        digit = chance.choice([d for d in "123456789" if d != str(unicodedata.decimal(answer[place]))])
        wrong = answer[:place] + digit + answer[place + 1 :]
        (figure,) = [found[0] for found in re.finditer(r"\d+", wrong) if found.start() <= place < found.end()]
        if str(int(figure)) not in held and int(figure) > SPELLED:
            return wrong
    return None


@pytest.mark.parametrize("edits", ["fifty_quotes", "fifty_answers"])
def test_every_one_of_fifty_changed_characters_is_caught(edits: str, request: pytest.FixtureRequest) -> None:
    made: Edits = request.getfixturevalue(edits)
    assert len(made.made) == FIFTY
    assert made.missed() == []


def test_the_changed_answers_are_in_every_language(fifty_answers: Edits) -> None:
    lines = {(f.path, b.line): language for f in fifty_answers.known.facts for language, b in f.blocks.items()}
    assert {lines[place] for place in fifty_answers.made} == {language for f in fifty_answers.known.facts for language in f.blocks}


def test_the_command_names_each_changed_quote(reportbot: Command, fifty_quotes: Edits) -> None:
    run = reportbot("check", home=fifty_quotes.home)
    places = {tuple(line.split(":")[:2]) for line in run.stdout.splitlines()}
    assert run.returncode == 1
    assert {(path, str(line)) for path, line in fifty_quotes.made} <= places


def test_the_shipped_knowledge_misleads_nobody() -> None:
    known, problems = read(ROOT)
    assert [str(p) for p in problems + check.evidence(known) + check.customs(known, building.analyzer(known))] == []


def test_every_paragraph_of_the_shipped_report_is_covered() -> None:
    assert check.coverage(read(ROOT)[0]).uncovered == ()


def home_with(home: Path, paragraph: str, language: str, answers: dict[str, str], entry: str = "facts") -> Path:
    """A home whose only paragraph and only entry are these."""
    shutil.rmtree(home / "knowledge")
    shutil.rmtree(home / "seeds")
    (home / "knowledge" / entry / "topic").mkdir(parents=True)
    (home / "seeds").mkdir()
    (home / "seeds" / "one.txt").write_text(f"1. {paragraph}\n", encoding="utf-8")
    (home / "knowledge" / "reports.yaml").write_text(
        f"one: {{source: one.txt, language: {language}, title: {{{language}: T}}}}\n", encoding="utf-8"
    )
    blocks = "".join(f'{name}:\n  questions: [q]\n  answer: "{answer}"\n' for name, answer in answers.items())
    cited = (
        f'citations:\n  - {{report: one, paragraph: 1, quote: "{paragraph[:3]}"}}\n'
        if entry == "facts"
        else "nearest:\n  - {report: one, paragraph: 1}\n"
    )
    (home / "knowledge" / entry / "topic" / "entry.yaml").write_text(blocks + cited, encoding="utf-8")
    return home


def evidence(home: Path) -> list[str]:
    """What is wrong with quotes and figures, without the places."""
    known, problems = read(home)
    return [p.message for p in problems + check.evidence(known)]


ZH_CROWD = "来自 155 个国家的 1.7 万多名与会者出席。"
ZH_SIX = "提供六种语文的口译服务。"
ZH_DATES = "论坛于 2022 年 6 月 26 日至 30 日举行。"
ZH_SHARE = "女性占与会者的 47%。"
EN_DATES = "The Forum met from 4 to 6 June 2021."
EN_CROWD = "There were 17,000 people of eleven nations, 47 per cent of them women."


@pytest.mark.parametrize(
    ("paragraph", "language", "answer"),
    [
        (ZH_CROWD, "zh", "有 1.7 万人。"), (ZH_CROWD, "zh", "有 17000 人。"), (ZH_CROWD, "zh", "有一万七千人。"),
        (ZH_CROWD, "zh", "有一万七。"),
        (ZH_CROWD, "zh", "有１７０００人。"),
        (ZH_CROWD, "en", "More than 17,000 people."), (ZH_CROWD, "en", "17000 of 155 countries."), (ZH_CROWD, "fr",
        "Plus de 17 000 personnes."),
        (ZH_CROWD, "fr", "Plus de 17\u202f000 personnes."), (ZH_CROWD, "es", "Más de 17\u00a0000 personas."), (ZH_CROWD, "es",
        "Más de 17.000 personas."),
        (ZH_CROWD, "ru", "Более 17 000 человек."), (ZH_CROWD, "ar", "أكثر من ١٧٠٠٠ شخص"), (ZH_CROWD, "ar", "أكثر من ١٧٬٠٠٠ شخص"),
        (ZH_SIX, "zh", "6 种。"), (ZH_SIX, "en", "Six languages."), (ZH_SIX, "en", "6 languages."), (ZH_SIX, "fr", "Six langues."),
        (ZH_SIX, "es", "Seis idiomas."), (ZH_SIX, "ru", "Шесть языков."), (ZH_SIX, "ar", "ست لغات"), (ZH_SIX, "ar", "٦ لغات"),
        (ZH_DATES, "zh", "2022 年六月。"), (ZH_DATES, "en", "In June 2022."), (ZH_DATES, "en", "26–30 June 2022."),
        (ZH_DATES, "en", "From June 26 to 30."),
        (ZH_DATES, "fr", "Du 26 au 30 juin 2022."), (ZH_DATES, "es", "Del 26 al 30 de junio de 2022."), (ZH_DATES, "ru",
        "26–30 июня 2022 года."),
        (ZH_DATES, "ar", "من ٢٦ إلى ٣٠ يونيه ٢٠٢٢"),
        (ZH_SHARE, "zh", "百分之四十七。"), (ZH_SHARE, "zh", "47％。"), (ZH_SHARE, "en", "47 per cent."), (ZH_SHARE, "en",
        "47 percent."), (ZH_SHARE, "fr", "47 % des participants."),
        (ZH_SHARE, "es", "El 47 por ciento."), (ZH_SHARE, "ru", "47 процентов."), (ZH_SHARE, "ar", "٤٧ في المائة"),
        (ZH_SHARE, "ar", "٤٧٪"),
        (EN_DATES, "zh", "2021 年 6 月 4 日至 6 日。"), (EN_DATES, "zh", "六月。"), (EN_CROWD, "zh", "1.7 万人。"),
        (EN_CROWD, "zh", "来自十一个国家。"), (EN_CROWD, "zh", "47%。"),
    ],
)  # fmt: skip
def test_a_figure_may_be_written_in_any_way(home: Path, paragraph: str, language: str, answer: str) -> None:
    assert evidence(home_with(home, paragraph, "zh" if paragraph[0] > "z" else "en", {language: answer})) == []


@pytest.mark.parametrize(
    ("paragraph", "language", "answer", "wrong"),
    [
        (ZH_CROWD, "zh", "有 1.8 万人。", "1.8"), (ZH_CROWD, "zh", "有一万八千人。", "一万八千"), (ZH_CROWD, "zh",
        "有 17 万人。", "17"), (ZH_CROWD, "en", "1,700 people.", "1,700"),
        (ZH_CROWD, "en", "155 million people.", "million"), (ZH_CROWD, "fr", "155 millions de personnes.", "millions"),
        (ZH_CROWD, "es", "155 millones de personas.", "millones"), (ZH_CROWD, "ru", "155 млн человек.", "млн"),
        (ZH_CROWD, "ar", "155 مليون شخص", "مليون"),
        (ZH_CROWD, "en", "156 countries.", "156"), (ZH_CROWD, "fr", "18 000 personnes.", "18 000"), (ZH_CROWD, "ar", "١٨٠٠٠ شخص",
        "١٨٠٠٠"),
        (ZH_SIX, "zh", "七种。", "七"), (ZH_SIX, "en", "Seven languages.", "seven"), (ZH_SIX, "fr", "Sept langues.", "sept"),
        (ZH_SIX, "es", "Siete idiomas.", "siete"),
        (ZH_SIX, "ru", "Семь языков.", "семь"), (ZH_SIX, "ar", "٧ لغات", "٧"),
        (ZH_DATES, "zh", "2022 年七月。", "七"), (ZH_DATES, "en", "In July.", "july"), (ZH_DATES, "en", "In June 2023.", "2023"),
        (ZH_DATES, "en", "On 27 June.", "27"),
        (ZH_DATES, "fr", "Le 26 juillet.", "juillet"), (ZH_DATES, "es", "En julio.", "julio"), (ZH_DATES, "ru", "В июле.", "июле"),
        (ZH_SHARE, "zh", "百分之四十八。", "四十八"), (ZH_SHARE, "en", "48 per cent.", "48"), (ZH_SHARE, "ar", "٤٨ في المائة",
        "٤٨"), (ZH_CROWD, "en", "155 per cent.", "155"),
        (EN_DATES, "zh", "七月。", "七"), (EN_CROWD, "zh", "1.8 万人。", "1.8"), (EN_CROWD, "zh", "来自十二个国家。", "十二"),
        (ZH_CROWD, "en", "The crowd of WUF12.", "12"),
    ],
)  # fmt: skip
def test_a_wrong_figure_is_named(home: Path, paragraph: str, language: str, answer: str, wrong: str) -> None:
    found = evidence(home_with(home, paragraph, "zh" if paragraph[0] > "z" else "en", {language: answer}))
    assert any(wrong in message for message in found), found


def test_a_day_and_a_month_that_never_met_are_named(home: Path) -> None:
    home_with(home, "The board met on 4 June, the council on 9 May.", "en", {"en": "The council met on 4 May."})
    assert evidence(home) == ["the answer's date 4/5 (day/month) is in no cited paragraph"]


def test_a_wrong_figure_is_named_in_each_language(home: Path) -> None:
    home_with(home, ZH_CROWD, "zh", {"en": "From 156 countries.", "fr": "De 157 pays.", "ar": "من ١٥٨ بلدا"})
    assert [message.split("'")[2] for message in evidence(home)] == ["156", "157", "١٥٨"]


def test_a_gap_may_repeat_the_figure_of_its_question(home: Path) -> None:
    home_with(home, ZH_CROWD, "zh", {"en": "The report says nothing of 2019."}, "gaps")
    path = home / "knowledge" / "gaps" / "topic" / "entry.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[q]", "[how many in 2019]"), encoding="utf-8")
    assert evidence(home) == []


def test_a_gap_names_no_figure_of_its_own(home: Path) -> None:
    assert len(evidence(home_with(home, ZH_CROWD, "zh", {"en": "The report says nothing of 2019."}, "gaps"))) == 1


def test_a_gap_may_name_its_nearest_paragraph(home: Path) -> None:
    assert evidence(home_with(home, ZH_CROWD, "zh", {"en": "It says so nowhere (para. 1)."}, "gaps")) == []


def test_a_quote_from_another_paragraph_is_named_with_where_it_stands(home: Path) -> None:
    path = home / "knowledge" / "facts" / "next" / "place.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("paragraph: 4", "paragraph: 5"), encoding="utf-8")
    (message, *_) = [m for m in evidence(home) if "quote" in m]
    assert "not in paragraph 5 word for word; it stands in 4" in message


def customs(home: Path) -> list[str]:
    """What is not finished in a home."""
    known, problems = read(home)
    assert problems == []
    return [str(p) for p in check.customs(known, building.analyzer(known))]


@pytest.mark.parametrize(
    "again", ["host city", "Host City?", "HOST  CITY", "host-city"], ids=["the same", "a question mark", "capitals", "a hyphen"]
)
def test_a_wording_of_two_facts_is_named(home: Path, again: str) -> None:
    path = home / "knowledge" / "facts" / "next" / "place.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Valparaíso\n", f"{again}\n", 1), encoding="utf-8")
    assert customs(home) == [f"knowledge/facts/next/place.yaml:6: the wording {again!r} stands in forum/place already"]


def test_a_wording_in_traditional_characters_is_the_same_wording(home: Path) -> None:
    path = home / "knowledge" / "facts" / "next" / "place.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("瓦尔帕莱索\n", "會議地點\n", 1), encoding="utf-8")
    assert [line.split(": ", 1)[1] for line in customs(home)] == ["the wording '會議地點' stands in forum/place already"]


def test_a_wording_of_a_fact_and_a_gap_is_named(home: Path) -> None:
    path = home / "knowledge" / "gaps" / "forum" / "budget.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("registration fee", "repair fund"), encoding="utf-8")
    assert [line.split(": ", 1)[1] for line in customs(home)] == ["the wording 'repair fund' stands in measures/fund already"]


def test_fewer_than_eight_wordings_are_named(home: Path) -> None:
    path = home / "knowledge" / "facts" / "next" / "place.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("    - next host city\n", ""), encoding="utf-8")
    assert customs(home) == ["knowledge/facts/next/place.yaml:1: 7 wordings in en, at least 8 are needed"]


def test_a_missing_language_is_named(home: Path) -> None:
    path = home / "knowledge" / "facts" / "next" / "place.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("zh:")] + text[text.index("citations:") :], encoding="utf-8")
    assert customs(home) == ["knowledge/facts/next/place.yaml:1: the language 'zh' is missing"]


def test_uncovered_paragraphs_are_listed_and_no_problem(reportbot: Command, home: Path) -> None:
    run = reportbot("check", home=home)
    assert (run.returncode, run.stdout) == (0, "8 facts, 2 gaps, 160 wordings; 5 of 9 paragraphs covered; uncovered: 0, fn1, 3, 5\n")
