"""A table of how building and asking grow with the number of wordings, beside other search engines in the same run.

    python tests/bench/scale.py [SIZE ...]        # 10000 and 100000 when none is given; 1000000 takes minutes

The wordings are made up: a vocabulary that grows with the square root of their number, words as frequent as Zipf's law has
them, five wordings a fact. The questions are wordings with two words dropped, or two swapped for others. Language tables
and synonyms are the repository's own. Other engines search the same wordings with the same questions in the process that
asked ours; they are no dependency of the bot, and those not installed are left out:

    pip install tantivy bm25s
"""

from __future__ import annotations

import importlib.util
import itertools
import multiprocessing
import os
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)

from bot.index import Index  # noqa: E402
from bot.judge import Judge, Thresholds  # noqa: E402
from bot.matching import Matching  # noqa: E402
from bot.questions import Understanding  # noqa: E402

SIZES = (10_000, 100_000)
SEED = 11
A_FACT = 5
QUESTIONS, WARM_UP = 200, 20
SHORTEST, LONGEST, OWN_WORDS = 5, 12, 6
VOCABULARY, FLATTENED = 40, 2.7
COMMON = ["the", "of", "in", "what", "is", "how", "many", "to", "and", "a", "was", "were", "for", "by", "did", "which", "who", "on"]
SYLLABLES = ["".join(letters) for letters in itertools.product("bcdfghjklmnprstvwzyx", "aeiou", ("", "n", "r", "s", "t", "l"))]
Search = Callable[[str], int]
Asked = Sequence[tuple[str, int]]
Result = tuple[list[float], float]


def corpus(size: int) -> Iterator[str]:
    """`size` wordings, A_FACT in a row of each fact and sharing words of its own; the same ones every time."""
    draw = random.Random(f"{SEED} {size}")
    telling = draw.sample([one + other for one, other in itertools.product(SYLLABLES, repeat=2)], int(VOCABULARY * size**0.5))
    words = COMMON + telling
    weights = [*itertools.accumulate(1 / (rank + FLATTENED) for rank in range(len(words)))]
    telling_weights = [weight - weights[len(COMMON) - 1] for weight in weights[len(COMMON) :]]
    own: list[str] = []
    for number in range(size):
        if number % A_FACT == 0:
            own = draw.choices(telling, cum_weights=telling_weights, k=OWN_WORDS)
        chosen = draw.sample(own, draw.randint(2, 4))
        chosen += draw.choices(words, cum_weights=weights, k=draw.randint(SHORTEST, LONGEST) - len(chosen))
        draw.shuffle(chosen)
        yield " ".join(chosen)


def questions(texts: Sequence[str]) -> Asked:
    """Wordings with two words dropped or swapped for others, and the number of the fact each asks for."""
    draw = random.Random(SEED)
    asked = []
    for number in draw.sample(range(len(texts)), QUESTIONS + WARM_UP):
        words, others = texts[number].split(), draw.choice(texts).split()
        one, two = draw.sample(range(len(words)), 2)
        words[one], words[two] = draw.sample(others, 2) if draw.random() < 0.5 else ("", "")
        asked.append((" ".join(" ".join(words).split()), number // A_FACT))
    return asked


def build(size: int, path: Path) -> tuple[float, Asked]:
    """Write the index of a made-up knowledge; the CPU seconds that took, and the questions to ask."""
    from bot import building, knowledge
    from bot.facts import Block, Citation, Fact, Wording

    texts = list(corpus(size))
    facts = []
    for number, held in enumerate(zip(*[iter(texts)] * A_FACT, strict=True)):
        block = Block(tuple(Wording(text, "en") for text in held), f"Answer {number}.")
        facts.append(Fact(str(number), {"en": block}, (Citation("made-up", str(number)),)))
    known = replace(knowledge.read(ROOT)[0], reports=(), facts=tuple(facts), gaps=(), phrases={})
    learned = {"judge": asdict(Judge.shipped()), "thresholds": asdict(Thresholds(0.5, 0.2)), "classifier": False}
    started = time.process_time()
    building.write(known, path)
    building.add_meta(path, {"stamp": "", "fingerprint": "", **learned})
    return time.process_time() - started, questions(texts)


def measure(search: Search, asked: Asked) -> Result:
    """The milliseconds of each question after some to warm up, sorted, and the share of questions whose fact came first."""
    taken, right = [], 0
    for place, (text, fact) in enumerate(asked):
        started = time.perf_counter()
        found = search(text)
        if place >= WARM_UP:
            taken.append((time.perf_counter() - started) * 1000)
            right += found == fact
    return sorted(taken), right / len(taken)


def ours(path: Path) -> Search:
    """The way of a question to its fact, as the responder goes it."""
    index = Index(path)
    judge, understanding, matching = Judge(**index.meta("judge")), Understanding(index), Matching(index)
    return lambda text: int(judge.matches(matching.signals(understanding.read(text)))[0].entry.name)


def fts5(texts: Sequence[str], folder: str) -> Search:
    """SQLite's full-text search, all words of a question joined by OR."""
    base = sqlite3.connect(Path(folder) / "fts5.db")
    base.execute("CREATE VIRTUAL TABLE w USING fts5(text, tokenize='unicode61')")
    base.executemany("INSERT INTO w (rowid, text) VALUES (?, ?)", enumerate(texts))
    base.execute("INSERT INTO w (w) VALUES ('optimize')")
    base.commit()
    query = "SELECT rowid FROM w WHERE w MATCH ? ORDER BY bm25(w) LIMIT 10"
    return lambda text: base.execute(query, (" OR ".join(f'"{w}"' for w in text.split()),)).fetchall()[0][0] // A_FACT


def tantivy(texts: Sequence[str], folder: str) -> Search:
    """Tantivy with its English stemmer, all words of a question joined by OR, its index on disk."""
    import tantivy as engine

    schema = engine.SchemaBuilder().add_text_field("text", tokenizer_name="en_stem").add_integer_field("place", stored=True).build()
    index = engine.Index(schema, path=folder)
    writer = index.writer(num_threads=1)
    for place, text in enumerate(texts):
        writer.add_document(engine.Document(text=text, place=place))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(text: str) -> int:
        hits = searcher.search(index.parse_query(text, ["text"]), 10).hits
        places = [searcher.doc(address)["place"][0] for _, address in hits]
        return int(places[0]) // A_FACT

    return search


def bm25s(texts: Sequence[str], _: str) -> Search:
    """BM25S with its own tokenizer, in memory."""
    import bm25s as engine

    index, cut = engine.BM25(), partial(engine.tokenize, stopwords=None, show_progress=False)
    index.index(cut(texts), show_progress=False)
    return lambda text: int(index.retrieve(cut([text], return_ids=False), k=10, show_progress=False)[0][0][0]) // A_FACT


RIVALS: dict[str, Callable[[Sequence[str], str], Search]] = {"tantivy": tantivy, "bm25s": bm25s, "fts5": fts5}


def ask(size: int, path: Path, asked: Asked) -> tuple[float, dict[str, Result]]:
    """Peak memory in MB of asking ours, then how each engine did; to run in a process of its own."""
    found = {"ours": measure(ours(path), asked)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    texts = list(corpus(size))
    for name, rival in RIVALS.items():
        if name == "fts5" or importlib.util.find_spec(name):
            with tempfile.TemporaryDirectory() as folder:
                found[name] = measure(rival(texts, folder), asked)
    return peak, found


def main() -> None:
    """Measure each size, in fresh processes that have no memory of building or of another size, and print its table."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "index.db"
                seconds, asked = pool.submit(build, size, path).result()
                print(f"{size} wordings: build {seconds:.1f} CPU s, index {os.stat(path).st_size / 1e6:.1f} MB", end=", ", flush=True)
                peak, found = pool.submit(ask, size, path, asked).result()
            print(f"asking {peak:.0f} MB at most")
            print(f"  {'engine':10}{'p50 ms':>10}{'p99 ms':>10}{'p50 / ours':>12}{'fact first':>12}")
            for name, (taken, first) in found.items():
                middle, high, own = taken[len(taken) // 2], taken[int(0.99 * len(taken))], found["ours"][0][len(taken) // 2]
                print(f"  {name:10}{middle:10.2f}{high:10.2f}{middle / own:12.2f}{first:12.3f}", flush=True)
            if missing := [name for name in RIVALS if name not in found]:
                print(f"  not installed, left out: {', '.join(missing)}")


if __name__ == "__main__":
    main()
