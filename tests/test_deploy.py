"""What an operator is given works: settings, container, unit, and every command and log line of the page."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_dockerfile import steps

from bot.cli import _parser
from bot.inbox import Inbox
from bot.journal import Journal
from bot.running import Pulse

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
PAGE = (DEPLOY / "README.md").read_text(encoding="utf-8")
COMPOSE: Mapping[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
UNIT = (DEPLOY / "reportbot.service").read_text(encoding="utf-8")
NAME = re.compile(r"REPORTBOT_[A-Z_]+")


@cache
def _nodes() -> list[ast.AST]:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "bot").rglob("*.py")))
    return [node for tree in trees for node in ast.walk(tree)]


def _texts() -> Iterator[str]:
    return (node.value for node in _nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str))


@cache
def _messages() -> list[str]:
    """A pattern for every text of the code that says something, with a gap where a value is put in."""
    said = [re.split(r"%[\d.]*[sdrf]", text) for text in _texts()]
    formatted = (node.values for node in _nodes() if isinstance(node, ast.JoinedStr))
    said += [[str(part.value) if isinstance(part, ast.Constant) else "" for part in parts] for parts in formatted]
    return [".*".join(map(re.escape, parts)) for parts in said if sum(map(len, parts)) >= 10]


def _settings() -> set[str]:
    """Every setting the code reads; a secret can be in a file too."""
    named = {text for text in _texts() if NAME.fullmatch(text)}
    calls = (node for node in _nodes() if isinstance(node, ast.Call))
    secrets = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "secret" and call.args)
    return named | {f"{arg.value!s}_FILE" for arg in secrets if isinstance(arg, ast.Constant)}


def test_the_example_names_exactly_the_settings_that_exist() -> None:
    lines = (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines()
    named = [line.lstrip("#").partition("=")[0] for line in lines if re.match(r"#?\w+=", line)]
    assert sorted(named) == sorted(_settings())
    assert all(re.fullmatch(r"(#.*)?|#\w+=\S+", line) for line in lines), "one setting a line, none of them switched on"


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "reportbot.service", "README.md"])
def test_no_other_setting_is_named(name: str) -> None:
    assert set(NAME.findall((DEPLOY / name).read_text(encoding="utf-8"))) <= _settings()


def _last(keyword: str) -> str:
    return [rest for name, rest in steps() if name == keyword][-1]


def test_the_bot_is_nobody_in_particular_and_writes_only_where_it_may() -> None:
    bot = COMPOSE["services"]["reportbot"]
    assert bot["read_only"] is True
    assert bot["user"] == _last("USER") == "10001:10001"
    assert bot["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in bot["security_opt"]
    assert [place.partition(":")[0] for place in bot["tmpfs"]] == ["/tmp"]  # noqa: S108  the container's own
    assert [volume.split(":") for volume in bot["volumes"]] == [["state", _last("VOLUME")]]
    environment = dict(pair.split("=", 1) for pair in shlex.split(_last("ENV")))
    assert bot["environment"].items() <= environment.items()
    assert Path(environment["XDG_CACHE_HOME"]).is_relative_to(environment["REPORTBOT_STATE"])


def test_all_that_compose_refers_to_is_there() -> None:
    assert set(COMPOSE) <= {"name", "services", "volumes", "secrets"}
    for service in COMPOSE["services"].values():
        assert "image" in service
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
        for source in (volume.split(":")[0] for volume in service.get("volumes", ())):
            assert (DEPLOY / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"]
    build = COMPOSE["services"]["reportbot"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Dockerfile"
    ignored = (DEPLOY / ".gitignore").read_text(encoding="utf-8").split()
    assert {"/.env", "/token"} <= set(ignored)
    assert COMPOSE["secrets"] == {"REPORTBOT_TOKEN": {"file": "./token"}}


def test_the_proxy_comes_with_the_webhook_only_and_speaks_to_where_the_bot_listens() -> None:
    services = COMPOSE["services"]
    assert services["caddy"]["profiles"] == ["webhook"]
    assert "profiles" not in services["reportbot"]
    assert "ports" not in services["reportbot"]
    webhook = next(line for line in PAGE.splitlines() if line.startswith("RUN_OPTIONS=")).partition("=")[2]
    told = _parser().parse_args(shlex.split(services["reportbot"]["command"].replace("${RUN_OPTIONS:-}", webhook)))
    caddyfile = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert f"reverse_proxy reportbot:{told.listen.rpartition(':')[2]}" in caddyfile
    assert f"handle /{told.webhook.rpartition('/')[2]} " in caddyfile


@pytest.mark.parametrize("age", [0, 600, None], ids=["beating", "silent for ten minutes", "never beaten"])
def test_health_is_the_pulse(age: int | None, tmp_path: Path) -> None:
    check = _last("HEALTHCHECK").partition("CMD ")[2]
    assert COMPOSE["services"]["reportbot"]["healthcheck"]["test"] == ["CMD-SHELL", check.replace("$", "$$")]
    file = tmp_path / "alive"
    if age is not None:
        Pulse(file).beat()
        os.utime(file, (file.stat().st_atime - age, file.stat().st_mtime - age))
    environment = {**os.environ, "REPORTBOT_HEALTH": str(file)}
    ended = subprocess.run(["sh", "-c", check], env=environment, capture_output=True, check=False)
    assert (ended.returncode == 0) == (age == 0)


def _systemd_analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed here")
    version = subprocess.run(["systemd-analyze", "--version"], capture_output=True, encoding="utf-8", check=True).stdout
    if int(version.split()[1].partition(".")[0]) < 250:
        pytest.skip("this systemd-analyze cannot judge a unit that is not installed")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, encoding="utf-8", check=False)


def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "reportbot.service"
    unit.write_text(re.sub(r"(?<=^ExecStart=)\S+", "/bin/true", UNIT, flags=re.M), encoding="utf-8")
    ended = _systemd_analyze("verify", str(unit))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_unit_exposes_little() -> None:
    ended = _systemd_analyze("security", "--offline=true", "--no-pager", "--threshold=13", str(DEPLOY / "reportbot.service"))
    assert ended.returncode == 0, ended.stdout


def test_the_unit_hands_over_the_token_by_the_name_the_bot_looks_for() -> None:
    assert "LoadCredential=REPORTBOT_TOKEN:/etc/reportbot/token\n" in UNIT
    assert _parser().parse_args(re.findall(r"^ExecStart=\S+/reportbot (.*)$", UNIT, flags=re.M)[0].split())


def _commands() -> Iterator[str]:
    for block in re.findall(r"^```(?:sh|ini)\n(.*?)^```", PAGE, flags=re.M | re.S):
        yield from (part.strip() for line in block.splitlines() for part in line.removeprefix("ExecStart=").split("&&"))
    yield from re.findall(r"`([^`\n]*)`", PAGE)


def _told(command: str) -> list[str] | None:
    """What the command tells reportbot; None when it is not a command of reportbot's."""
    if "reportbot" not in command or ('"' in command and command.count('"') % 2):
        return None
    words = [word for word in shlex.split(command, comments=True) if word != "sudo" and not NAME.match(word)]
    if words and words[0].rpartition("/")[2] == "reportbot":
        return words[1:]
    if words[:3] == ["docker", "compose", "exec"] and words.count("reportbot") == 2:
        return words[words.index("reportbot") + 2 :]
    return None


COMMANDS = [(command, told) for command in _commands() if (told := _told(command))]


@pytest.mark.parametrize("told", [told for _, told in COMMANDS], ids=[command for command, _ in COMMANDS])
def test_every_command_of_the_page_is_one(told: list[str]) -> None:
    assert _parser().parse_args(told).command


THEIRS = {"Address already in use", "Read-only file system", "database or disk is full", "path:line: message"}
LOGGED = set(re.findall(r"^\| `([^`]+)` \|", PAGE.partition("## When something is wrong")[2], flags=re.M)) - THEIRS


@pytest.mark.parametrize("line", sorted(LOGGED))
def test_every_log_line_of_the_page_is_one_of_the_code(line: str) -> None:
    assert any(re.fullmatch(message, line) for message in _messages())


def test_a_backup_of_a_running_bot_s_journal_can_be_restored(tmp_path: Path) -> None:
    running = Journal(tmp_path / "journal.db")
    running.settle(7, language="zh")
    backup = re.findall(r'python -c "([^"]*serialize[^"]*)"', PAGE)[0].replace("/state", str(tmp_path))
    copy = subprocess.run([sys.executable, "-c", backup], capture_output=True, check=True).stdout
    running.settle(7, language="fr")
    restore = re.findall(r'sh reportbot -c "([^"]*)"', PAGE)[0].replace("/state", str(tmp_path))
    running.close()
    subprocess.run(["sh", "-c", restore], input=copy, check=True)
    restored = Journal(tmp_path / "journal.db")
    assert restored.settings(7).language == "zh"
    restored.close()


@pytest.mark.parametrize("name", ["journal", "inbox"])
def test_every_query_of_the_page_runs(name: str, tmp_path: Path) -> None:
    (Journal if name == "journal" else Inbox)(tmp_path / "file.db").close()
    queries = re.findall(rf'{name}\.db "(select [^"]*)"', PAGE)
    assert queries
    connection = sqlite3.connect(tmp_path / "file.db")
    for query in queries[0].split(";"):
        connection.execute(query).fetchall()
    connection.close()
