from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files

import httpx
import pytest
from pydantic import ValidationError

from bot.errors import SettingsError
from connectors.web import connector
from connectors.web.files import STATIC
from connectors.web.settings import WebSettings
from tests.rig.site import site

FOLDER = files("connectors.web") / "page"
NASTY = """<script>alert('1')</script>"&amp;$title{{x}}"""


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


async def get(url, path="/", **headers):
    async with httpx.AsyncClient(base_url=url) as client:
        return await client.get(path, headers=headers)


async def test_the_page_has_the_owners_words_as_text_and_nothing_more():
    async with site(settings=WebSettings(title=NASTY, greeting_zh=NASTY, questions=("a?", NASTY))) as here:
        page = Tags((await get(here.url)).text)
    body = next(attrs for tag, attrs in page.tags if tag == "body")
    assert body["data-title-en"] == body["data-greeting-zh"] == NASTY
    assert body["data-questions-en"].split("\n") == ["a?", NASTY]
    assert NASTY in page.words
    assert [attrs for tag, attrs in page.tags if tag == "script"] == [{"type": "module", "src": "chat/chat.js"}]


async def test_every_answer_tells_the_browser_to_be_strict(here):
    for path in ("/", "/chat/chat.js", "/chat/history", "/chat/events", "/chat/nothing"):
        headers = (await get(here.url, path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert headers["x-frame-options"] == "DENY"


async def test_everything_the_page_loads_is_served_with_its_type(here):
    loaded = re.findall(r"""(?:src|href)="(chat/[^"]+)""", (await get(here.url)).text)
    imported = re.findall(r'from "\./([^"]+)"', "".join((FOLDER / name).read_text("utf-8") for name in STATIC))
    assert {*(name.removeprefix("chat/") for name in loaded), *imported} == set(STATIC)
    for name, kind in STATIC.items():
        answer = await get(here.url, f"/chat/{name}")
        assert answer.headers["content-type"].split(";")[0] == kind
        assert answer.content == (FOLDER / name).read_bytes()


async def test_an_unchanged_file_is_not_sent_again(here):
    for path in ("/", "/chat/chat.css"):
        first = await get(here.url, path)
        again = await get(here.url, path, **{"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await get(here.url, path, **{"if-none-match": '"old"'})).content == first.content


async def test_the_page_gives_no_cookie_before_anything_is_written(here):
    for path in ("/", "/chat/history", "/chat/chat.js"):
        assert "set-cookie" not in (await get(here.url, path)).headers


@pytest.mark.parametrize("name", ["../settings.py", "..%2fsettings.py", "index.html", "%2e%2e/%2e%2e/__init__.py", ""])
async def test_nothing_else_is_served(here, name):
    assert (await get(here.url, f"/chat/{name}")).status_code == 404


def test_no_text_is_ever_taken_for_markup():
    for name in STATIC:
        source = (FOLDER / name).read_text("utf-8")
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
            "http:",
        ):
            if name != "icon.svg":
                assert forbidden not in source, (name, forbidden)


def test_nothing_in_the_page_comes_from_elsewhere_or_stands_inline():
    text = (FOLDER / "index.html").read_text("utf-8")
    assert "//" not in re.sub(r"<!--.*?-->", "", text)
    assert not re.search(r"\s(style|on\w+)=", text)
    assert "url(" not in (FOLDER / "chat.css").read_text("utf-8")


def test_both_languages_say_everything():
    source = (FOLDER / "words.js").read_text("utf-8")
    english, chinese = (
        re.findall(r"^    (\w+):", source[source.index(f"  {code}: {{") :].split("  },")[0], re.MULTILINE)
        for code in ("en", "zh")
    )
    assert english == chinese
    html = (FOLDER / "index.html").read_text("utf-8")
    asked = re.findall(r'data-(?:word|label|placeholder)="(\w+)"', html)
    said = re.findall(r'(?:say|notice)\("(\w+)"', "".join((FOLDER / name).read_text("utf-8") for name in STATIC))
    assert set(asked + said) <= set(english)


def test_the_owner_can_turn_it_off_and_ask_for_it_all_the_same(monkeypatch):
    assert connector(asked=False) is not None
    monkeypatch.setenv("PALAVER_WEB_ENABLED", "false")
    assert connector(asked=False) is None
    assert connector(asked=True) is not None


def test_settings_come_from_the_file_too(tmp_path):
    (tmp_path / "palaver.toml").write_text('[web]\ntitle = "Lin & Co"\nquestions = ["Hello?"]\n', "utf-8")
    settings = WebSettings.load()
    assert (settings.title, settings.questions) == ("Lin & Co", ("Hello?",))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TITLE", "x" * 301),
        ("DAYS", "0"),
        ("ENABLED", "perhaps"),
        ("QUESTIONS", "Hello?"),
        ("QUESTIONS", '"Hello?"'),
        ("QUESTIONS_ZH", '["a", "b", "c", "d", "e", "f", "g"]'),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"PALAVER_WEB_{name}", value)
    with pytest.raises(SettingsError, match=f"PALAVER_WEB_{name}"):
        connector(asked=False)


def test_questions_in_the_environment_are_a_list(monkeypatch):
    monkeypatch.setenv("PALAVER_WEB_QUESTIONS", '["Hello?", "Where?"]')
    monkeypatch.setenv("PALAVER_WEB_QUESTIONS_ZH", "[]")
    settings = WebSettings.load()
    assert (settings.questions, settings.questions_zh) == (("Hello?", "Where?"), ())


def test_an_empty_title_is_refused():
    with pytest.raises(ValidationError):
        WebSettings(title="  ")
