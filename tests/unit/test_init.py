"""`palaver init`: what it asks, what it writes, and what it leaves alone."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from bot.business import load_business
from bot.errors import SettingsError
from bot.facts import FACTS
from bot.init.asking import Interview
from bot.init.files import FactsFile, TokensFile, write
from bot.init.tokens import TOKENS

TELEGRAM, SLACK = "PALAVER_TELEGRAM_TOKEN", "PALAVER_SLACK_BOT_TOKEN"
SECRET = "123456:ABCdefGHIjkl_mno"
FACTS_FILE = """\
# my shop
[http]
port = 9000  # behind a proxy

[business]
company = "Old"  # since 1970
website = "old.example"

[unknown]
x = 1
[business.zh]
company = "老店"
"""
TOKENS_FILE = """\
# tokens
PALAVER_LOG_LEVEL=info
#PALAVER_TELEGRAM_TOKEN=

export PALAVER_SLACK_BOT_TOKEN="xoxb-old" # mine
OTHER='two
lines'
"""


class Script:
    """A person with answers by name, who presses Enter at everything else and agrees as told."""

    def __init__(self, answers: dict[str, list[str]], agreed: bool = False) -> None:
        self.answers, self.agreed = answers, agreed
        self.told: list[str] = []
        self.asked: dict[str, bool] = {}
        self.offered: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)

    def answer(self, question: str, *, secret: bool = False) -> str:
        name = question.split(" ", maxsplit=1)[0].rstrip(":").partition("：")[0]
        self.asked[name] = secret
        left = self.answers.get(name, [])
        return left.pop(0) if left else ""

    def agrees(self, question: str) -> bool:
        self.offered.append(question)
        return self.agreed


def interview(language: str = "en", facts: str = "", tokens: str = "") -> Interview:
    Path("palaver.toml").write_text(facts, "utf-8")
    Path(".env").write_text(tokens, "utf-8")
    return Interview(FactsFile(Path("palaver.toml")), TokensFile(Path(".env")), language)


def business(talk: Interview) -> dict[str, object]:
    return tomllib.loads(talk.facts.text)["business"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_fact_and_token_is_asked_for_and_enter_changes_nothing(language: str) -> None:
    talk, person = interview(language, FACTS_FILE, TOKENS_FILE), Script({})
    talk.ask(person, {})
    assert person.asked == {**dict.fromkeys(FACTS, False), **dict.fromkeys(TOKENS, True)}
    assert (talk.facts.text, talk.tokens.text) == (FACTS_FILE, TOKENS_FILE)
    assert talk.noted == {"facts": [], "tokens": []}


def test_answers_are_noted_and_numbers_stay_numbers() -> None:
    talk = interview()
    talk.ask(Script({"company": ["Lin & Co"], "return_days": ["30"], "refund_days": ["5-7"], TELEGRAM: [SECRET]}), {})
    assert business(talk) == {"company": "Lin & Co", "return_days": 30, "refund_days": "5-7"}
    assert talk.tokens.text == f"{TELEGRAM}={SECRET}\n"


def test_words_may_differ_by_language() -> None:
    talk = interview("zh")
    talk.ask(Script({"company": ["林氏百货"], "en.company": ["Lin & Co"]}), {})
    assert business(talk) == {"company": "林氏百货", "en": {"company": "Lin & Co"}}
    again = interview("zh", FACTS_FILE)
    again.ask(Script({"company": ["新店"]}, agreed=True), {})
    assert business(again)["company"] == "Old", "where Chinese has words of its own, these are changed"
    assert business(again)["zh"] == {"company": "新店"}


def test_a_wrong_answer_is_explained_and_asked_for_again() -> None:
    talk, person = interview(), Script({"return_days": ["thirty", "30"], TELEGRAM: ["no-token", SECRET]})
    talk.ask(person, {})
    assert business(talk) == {"return_days": 30}
    assert any("return_days must be a whole number" in text for text in person.told)
    assert not any("no-token" in text or SECRET in text for text in person.told)


def test_what_is_wrong_with_a_token_is_said_in_chinese_too() -> None:
    talk, person = interview("zh"), Script({TELEGRAM: ["no token", "no-token"]})
    talk.ask(person, {})
    assert person.told.count(f"{TELEGRAM} 的格式不对，请完整复制。请重新输入，或按回车跳过。") == 2


@pytest.mark.parametrize("stop", [".", "。"])
def test_a_full_stop_skips_the_rest_of_a_part(stop: str) -> None:
    talk, person = interview(), Script({"company": [stop], TELEGRAM: [stop]})
    talk.ask(person, {})
    assert "bot_name" not in person.asked
    assert "website" in person.asked
    assert SLACK not in person.asked


@pytest.mark.parametrize("agreed", [False, True])
def test_what_is_set_is_replaced_only_with_consent(agreed: bool) -> None:
    talk = interview("en", FACTS_FILE, TOKENS_FILE)
    person = Script({"company": ["New"], "website": ["old.example"], SLACK: ["xoxb-new"]}, agreed)
    talk.ask(person, {})
    assert business(talk)["company"] == ("New" if agreed else "Old")
    assert talk.tokens.get(SLACK) == ("xoxb-new" if agreed else "xoxb-old")
    assert len(person.offered) == 2, "the same value again is no change"
    assert not any("xoxb" in question for question in person.offered)


def test_comments_and_unknown_settings_stay() -> None:
    talk = interview("en", FACTS_FILE, TOKENS_FILE)
    talk.take({"company": "New", "zh.bot_name": "小美", "return_days": "30", TELEGRAM: SECRET, SLACK: "xoxb-new"})
    for kept in ("# my shop", "port = 9000  # behind a proxy", "# since 1970", "[unknown]\nx = 1"):
        assert kept in talk.facts.text
    assert tomllib.loads(talk.facts.text) == {
        "http": {"port": 9000},
        "unknown": {"x": 1},
        "business": {
            "company": "New",
            "website": "old.example",
            "return_days": 30,
            "zh": {"company": "老店", "bot_name": "小美"},
        },
    }
    old, new = TOKENS_FILE.splitlines(), talk.tokens.text.splitlines()
    assert new == [old[0], old[1], f"{TELEGRAM}={SECRET}", "", f"export {SLACK}=xoxb-new", *old[5:]]


NAMES = st.sampled_from([*FACTS, *(f"zh.{name}" for name in FACTS), *(f"en.{name}" for name in FACTS)])
FORMS = st.sampled_from(
    ["", FACTS_FILE, 'business.company = "x"\n', "[business.en]\n[business]\n", "business = {}\n", "[a]\r\nb=1\r\n"]
)


@given(FORMS, st.dictionaries(NAMES, st.text(min_size=1), max_size=6))
def test_whatever_the_file_looks_like_the_value_is_where_it_is_read(form: str, values: dict[str, str]) -> None:
    Path("palaver.toml").write_bytes(form.encode())
    file = FactsFile(Path("palaver.toml"))
    expected = tomllib.loads(form)
    for name, value in values.items():
        file.put(name, value)
        *languages, fact = ("business", *name.split("."))
        table = expected
        for part in languages:
            table = table.setdefault(part, {})
        table[fact] = value
        assert file.get(name) == value
    assert tomllib.loads(file.text) == expected


LINES = st.sampled_from(
    ["# a", f"#{TELEGRAM}=", f"{TELEGRAM}=1", f"export {TELEGRAM}='2'", "A=1", "", "B='x\ny'", "  C = 3"]
)


@given(st.lists(LINES, max_size=6), st.booleans())
def test_a_token_is_the_only_thing_that_changes_in_its_file(lines: list[str], ended: bool) -> None:
    before = "\n".join(lines) + ("\n" if ended and lines else "")
    Path(".env").write_text(before, "utf-8")
    file = TokensFile(Path(".env"))
    file.put(TELEGRAM, SECRET)
    Path("after").write_text(file.text, "utf-8")
    assert dotenv_values("after") == {**dotenv_values(".env"), TELEGRAM: SECRET}
    assert [line for line in file.text.splitlines() if TELEGRAM not in line] == [
        line for line in before.splitlines() if TELEGRAM not in line
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("compny", "x"), ("fr.company", "x"), ("return_days", "thirty"), (TELEGRAM, "secret"), (SLACK, "xoxp-secret")],
)
def test_a_wrong_pair_is_refused_before_any_is_noted(name: str, value: str) -> None:
    talk = interview("en", FACTS_FILE, TOKENS_FILE)
    with pytest.raises(SettingsError, match=name) as refused:
        talk.take({"company": "New", name: value})
    assert "secret" not in str(refused.value)
    assert (talk.facts.text, talk.tokens.text) == (FACTS_FILE, TOKENS_FILE)


def test_who_forgets_the_name_does_not_see_the_token_again() -> None:
    with pytest.raises(SettingsError) as refused:
        interview().take({SECRET: "x"})
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("text", ["[business\n", "business = 1\n", "[business]\nzh = 1\n"])
def test_a_file_that_cannot_be_kept_is_not_touched(text: str) -> None:
    with pytest.raises(SettingsError, match=r"palaver\.toml"):
        interview("en", text)


def test_a_folder_in_the_place_of_a_file_is_named() -> None:
    for name, held in (("palaver.toml", FactsFile), (".env", TokensFile)):
        Path(name).mkdir()
        with pytest.raises(SettingsError, match=name):
            held(Path(name))


def test_a_new_file_is_private_an_old_one_keeps_its_rights_unless_told_and_a_link_stays() -> None:
    fresh, old, link = Path("fresh"), Path("old"), Path("link")
    old.write_text("x", "utf-8")
    old.chmod(0o644)
    link.symlink_to(old)
    write(fresh, "a")
    write(link, "b")
    assert link.is_symlink()
    assert old.read_text("utf-8") == "b"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (fresh, old)] == [0o600, 0o644]
    write(old, "c", 0o600)
    assert stat.S_IMODE(old.stat().st_mode) == 0o600
    assert {path.name for path in Path().iterdir()} == {"fresh", "old", "link"}


def test_a_file_that_cannot_be_written_is_as_it_was() -> None:
    Path("folder").mkdir()
    with pytest.raises(SettingsError, match="folder"):
        write(Path("folder"), "a")
    assert [path.name for path in Path().iterdir()] == ["folder"]


def palaver(*arguments: str, keys: str | None = "", **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from bot.cli import main; main()", "init", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **variables}
    return subprocess.run(command, input=keys, capture_output=True, text=True, env=environment, timeout=60, check=False)


def test_scripts_set_values_without_a_terminal() -> None:
    done = palaver(
        "--yes", "--set", "company=Lin & Co", "--set", "return_days=30", "--set", f"{TELEGRAM}=-", keys=SECRET
    )
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "palaver doctor" in done.stdout
    assert "make run" in done.stdout
    assert load_business().fill("{{company}}: {{return_days}} days", "en") == "Lin & Co: 30 days"
    assert dotenv_values(".env") == {TELEGRAM: SECRET}
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600


@pytest.mark.parametrize("arguments", [(), ("--set", "company=x"), ("--yes", "--set", SECRET), ("--language", "fr")])
def test_what_cannot_go_on_says_so_and_writes_nothing(arguments: tuple[str, ...]) -> None:
    done = palaver(*arguments)
    assert done.returncode == 2
    assert "palaver:" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert list(Path().iterdir()) == []


def test_the_file_that_palaver_file_names_is_written() -> None:
    assert palaver("--yes", "--set", "company=x", PALAVER_FILE="shop.toml").returncode == 0
    assert Path("shop.toml").read_text("utf-8") == '[business]\ncompany = "x"\n'
    assert "没有任何改动" in palaver("--yes", "--set", "company=x", PALAVER_FILE="shop.toml", LANG="zh_CN.UTF-8").stdout


def test_at_a_terminal_it_asks_and_does_not_show_a_token() -> None:
    keys, shown = pty.openpty()
    command = [sys.executable, "-c", "from bot.cli import main; main()", "init", "--set", "company=Lin"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        command, stdin=shown, stdout=shown, stderr=shown, env=environment, start_new_session=True
    ) as process:
        os.close(shown)
        said = converse(keys, {"bot_name [": ".", "website [": ".", "return_days [": ".", "order_page [": ".",
                               f"{TELEGRAM} [": SECRET, f"{SLACK} [": "."})  # fmt: skip
    os.close(keys)
    assert process.returncode == 0, said
    assert "Wrote palaver.toml: company." in said
    assert SECRET not in said
    assert dotenv_values(".env") == {TELEGRAM: SECRET}


def converse(terminal: int, answers: dict[str, str]) -> str:
    """Answer each prompt once it stands there, until the program closes the terminal."""
    said, left = "", dict(answers)
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # closed
            return said
        said += piece.decode()
        last = said.splitlines()[-1] if said.strip() else ""
        for prompt in [prompt for prompt in left if last.startswith(prompt) and last.endswith("]: ")]:
            os.write(terminal, left.pop(prompt).encode() + b"\n")
