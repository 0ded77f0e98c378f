"""The NLG server on a real socket: always 200 with a body that Rasa takes, in time, and faithful."""

from __future__ import annotations

import json
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from bot.messages import Speaker
from connectors.rasa.gateway import NLG
from nlg.contract import Busy, Unreachable
from tests.rig.rasa import Breaking, Memory, author, event, nlg_request, refusal, serving, tracker

DOMAIN = """
responses:
  utter_order:
    - text: "Your order {order} is on its way to {city}."
      id: order_1
      buttons: [{title: "Thanks", payload: "/thanks"}]
  utter_more: [{text: "Is there anything else I can help you with?"}]
  utter_law: [{text: "Returns within 30 days, see https://x.example/law."}]
  utter_picture: [{image: "https://x.example/a.png"}]
  utter_zh: [{text: "您的订单{order}已经发出。"}]
  utter_strict: [{text: "Exactly this.", metadata: {rephrase: false}}]
"""
ASKED = (("user", "where is my order?"),)
FILLED = {"order": "4711", "city": "Berlin"}
SECRET = "my pin is 8642"


@pytest.fixture
def domain(tmp_path):
    (tmp_path / "domain.yml").write_text(DOMAIN)
    return str(tmp_path / "domain.yml")


async def test_a_template_is_said_in_other_words_that_keep_its_facts(domain):
    said = "Order 4711 has left and is on its way to Berlin."
    async with serving(author(lambda prompt: said), Memory(), domain=domain, likeness=0.2) as door:
        body = await door.nlg(nlg_request("utter_order", *ASKED, slots=FILLED, id="order_1"))
    assert body["text"] == "Order 4711 has left and is on its way to Berlin."
    assert body["custom"] == {"model": "function@0", "fallback": None}
    assert (body["id"], body["buttons"]) == ("order_1", [{"title": "Thanks", "payload": "/thanks"}])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Your order 4712 is on its way to Berlin.", ""),
        ("Your order 4711 is on its way to Bern.", "slot altered"),
        ("Your order 4711 is not on its way to Berlin.", "negation altered"),
        ("Your order 4711 will be on its way to Berlin in 3 days.", "number"),
        ("4711 Berlin", "meaning altered"),
        ("", "empty"),
    ],
)
async def test_words_that_alter_a_fact_give_way_to_the_template(domain, said, why):
    async with serving(author(lambda prompt: said), Memory(), domain=domain) as door:
        body = await door.nlg(nlg_request("utter_order", *ASKED, slots=FILLED))
    assert body["text"] == "Your order 4711 is on its way to Berlin."
    assert why in body["custom"]["fallback"]
    assert body["custom"]["model"] is None


async def test_the_model_is_asked_in_the_templates_language_after_the_conversation(domain):
    prompts = []
    written = author(lambda prompt: prompts.append(prompt) or "x")
    async with serving(written, Memory(), domain=domain) as door:
        await door.nlg(nlg_request("utter_zh", ("user", "我的订单呢？"), slots=FILLED))
    assert [line.text for line in prompts[0].lines] == ["我的订单呢？ 请换一种说法：您的订单4711已经发出。"]
    assert prompts[0].language == "zh"


async def test_responses_named_in_the_settings_are_answered_freely(domain):
    prompts = []
    written = author(lambda prompt: prompts.append(prompt) or "Let me look that up for you.")
    async with serving(written, Memory(), domain=domain, generate=("utter_m*", "utter_none")) as door:
        for response in ("utter_more", "utter_none"):
            body = await door.nlg(nlg_request(response, ("user", "hi"), ("bot", "hello"), *ASKED))
            assert body["text"] == "Let me look that up for you."
            assert body["custom"] == {"model": "function@0", "fallback": None}
    assert [line.text for line in prompts[0].lines] == ["hi", "hello", "where is my order?"]


async def test_a_free_answer_invents_no_number_and_no_link(domain):
    for said in ("It takes 5 days.", "See https://evil.example now."):
        async with serving(author(lambda prompt, said=said: said), Memory(), domain=domain, generate=("*",)) as door:
            body = await door.nlg(nlg_request("utter_more", *ASKED))
        assert body["text"] == "Is there anything else I can help you with?"
        assert body["custom"]["fallback"]


async def test_a_free_answer_must_carry_the_slots_of_its_template(domain):
    async with serving(author(lambda prompt: "It is on its way."), Memory(), domain=domain, generate=("*",)) as door:
        body = await door.nlg(nlg_request("utter_order", *ASKED, slots=FILLED))
    assert body["text"] == "Your order 4711 is on its way to Berlin."
    assert body["custom"]["fallback"] == "slot altered"


@pytest.mark.parametrize("response", ["utter_law", "utter_strict", "utter_picture"])
async def test_what_is_to_be_said_word_for_word_never_reaches_the_model(domain, response):
    def forbidden(prompt):
        raise AssertionError("asked")

    async with serving(author(forbidden), Memory(), domain=domain, verbatim=("utter_law",)) as door:
        body = await door.nlg(nlg_request(response, *ASKED))
    assert body["custom"]["fallback"] is None
    assert body["text"] or body["image"]


async def test_custom_is_left_empty_where_rasas_channel_would_show_it_to_the_person(domain):
    async with serving(author(lambda prompt: "x"), Memory(), domain=domain) as door:
        for channel, shown in (("slack", False), ("cmdline", False), ("collector", True), ("telegram", True)):
            body = await door.nlg(nlg_request("utter_more", *ASKED, channel=channel))
            assert bool(body["custom"]) is shown


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Busy("full"), "busy"), (Unreachable("away"), "unreachable"), (RuntimeError(SECRET), "RuntimeError")],
)
async def test_a_model_that_fails_leaves_the_template_and_the_reason(domain, error, reason, capfd):
    async with serving(author(Breaking(error)), Memory(), domain=domain) as door:
        body = await door.nlg(nlg_request("utter_more", ("user", SECRET)))
    assert body["text"] == "Is there anything else I can help you with?"
    assert body["custom"]["fallback"] == reason
    printed = capfd.readouterr()
    assert SECRET not in printed.out + printed.err


async def test_the_deadline_holds_and_the_model_is_stopped(domain):
    stuck = Breaking()
    async with serving(author(stuck), Memory(), domain=domain, seconds=0.3) as door:
        begun = time.monotonic()
        body = await door.nlg(nlg_request("utter_more", *ASKED))
        took = time.monotonic() - begun
    assert body["text"] == "Is there anything else I can help you with?"
    assert body["custom"]["fallback"] == "late"
    assert took < 2.0
    assert stuck.cancelled == 1


async def test_without_template_and_model_a_sentence_in_the_persons_language_says_whom_to_ask(domain):
    async with serving(author(Breaking(Busy("full"))), Memory(), domain=domain) as door:
        chinese = await door.nlg(nlg_request("utter_none", ("user", "我的订单呢？")))
        english = await door.nlg(nlg_request("utter_none", *ASKED))
    assert chinese["text"].startswith("抱歉")
    assert english["text"].startswith("Sorry")


async def test_a_cry_for_help_gets_the_owners_words_and_never_a_models(domain):
    written = author(lambda prompt: "Great!")
    async with serving(written, Memory(), domain=domain, generate=("utter_more",)) as door:
        body = await door.nlg(nlg_request("utter_more", ("user", "I want to kill myself")))
    assert "crisis line" in body["text"]
    assert body["custom"]["fallback"] == "crisis"


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"response":"x"}', b"[" * 200_000])
async def test_what_is_no_request_is_answered_with_a_sentence_all_the_same(content):
    async with serving(author(lambda prompt: "x"), Memory()) as door:
        answer = await door.http.post(NLG, content=content)
    assert answer.status_code == 200
    assert refusal(answer.json()) == ""
    assert answer.json()["text"].startswith("Sorry")
    assert answer.json()["custom"]["fallback"] == "unreadable"


async def test_a_history_of_five_megabytes_is_read(domain):
    request = nlg_request("utter_more", *ASKED)
    request["tracker"]["events"] = [
        event(at, "user" if at % 2 else "bot", f"{at} " + "x" * 500, parse_data={"entities": [{"value": "y" * 100}]})
        for at in range(8000)
    ]
    body = json.dumps(request).encode()
    assert len(body) > 5_000_000
    async with serving(author(lambda prompt: "x"), Memory(), domain=domain) as door:
        answer = await door.http.post(NLG, content=body)
    assert answer.json()["text"] == "Is there anything else I can help you with?"


async def test_time_grows_with_the_bytes_and_no_faster(domain):
    def of(events):
        request = nlg_request("utter_strict", *ASKED)
        request["tracker"]["events"] = [event(at, "user", "x" * 500) for at in range(events)]
        return json.dumps(request).encode()

    async with serving(author(lambda prompt: "x"), Memory(), domain=domain) as door:
        took = []
        for body in (of(4000), of(16000)):
            await door.http.post(NLG, content=body)
            times = []
            for _ in range(3):
                begun = time.perf_counter()
                answer = await door.http.post(NLG, content=body)
                times.append(time.perf_counter() - begun)
                assert answer.json()["text"] == "Exactly this."
            took.append(min(times))
    assert took[1] < 12 * took[0]


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"x" * 3_000_000, {}),
        (zlib.compress(b"\0" * 300_000_000, 9), {"Content-Encoding": "deflate"}),
    ],
)
async def test_too_much_is_answered_with_a_sentence_and_never_held(content, headers):
    async with serving(author(lambda prompt: "x"), Memory(), body_megabytes=1) as door:
        tracemalloc.start()
        answer = await door.http.post(NLG, content=content, headers=headers)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (answer.status_code, answer.json()["custom"]["fallback"]) == (200, "too large")
    assert peak < 30_000_000


async def test_a_packed_body_is_unpacked_and_a_broken_one_answered(domain):
    packed = zlib.compress(json.dumps(nlg_request("utter_strict", *ASKED)).encode())
    async with serving(author(lambda prompt: "x"), Memory(), domain=domain) as door:
        good = await door.http.post(NLG, content=packed, headers={"Content-Encoding": "deflate"})
        bad = await door.http.post(NLG, content=b"nonsense", headers={"Content-Encoding": "deflate"})
        other = await door.http.post(NLG, content=b"{}", headers={"Content-Encoding": "br"})
    assert good.json()["text"] == "Exactly this."
    assert [answer.json()["custom"]["fallback"] for answer in (bad, other)] == ["unreadable"] * 2


async def test_who_has_not_the_token_is_told_so_before_the_body_is_read():
    async with serving(author(lambda prompt: "x"), Memory()) as door:
        for given in ("", "Bearer wrong", "Bearer"):
            answer = await door.http.post(NLG, content=b"x" * 100_000, headers={"Authorization": given})
            assert answer.status_code == 401
        assert (await door.http.get(NLG)).status_code == 405


async def test_what_was_said_is_kept_once_and_in_its_order(domain):
    records = Memory()
    async with serving(author(lambda prompt: "x"), records, domain=domain) as door:
        first = nlg_request("utter_more", *ASKED)
        await door.nlg(first)
        await door.nlg(first)
        said = await door.nlg(nlg_request("utter_more", *ASKED, ("bot", "Is there anything else I can help you with?")))
        assert said["text"]
        await door.nlg(nlg_request("utter_strict", *ASKED, ("bot", said["text"]), ("user", "no"), slots={}))
    more = "Is there anything else I can help you with?"
    assert records.lines() == [("user", "where is my order?"), ("bot", more), ("user", "no"), ("bot", "Exactly this.")]
    assert {address.channel for address, _ in records.kept} == {"rasa"}
    assert {entry.sender for _, entry in records.kept if entry.speaker is Speaker.USER} == {"ann"}


async def test_a_database_that_is_away_costs_no_answer_and_what_it_missed_is_told_by_the_next_request(domain):
    records = Memory(down=True)
    async with serving(author(lambda prompt: "x"), records, domain=domain) as door:
        body = await door.nlg(nlg_request("utter_strict", *ASKED))
        assert body["text"] == "Exactly this."
        records.down = False
        await door.nlg(nlg_request("utter_strict", *ASKED, ("bot", "Exactly this."), ("user", "ok")))
    assert [text for _, text in records.lines()] == ["where is my order?", "Exactly this.", "ok", "Exactly this."]


async def test_slots_and_arguments_choose_model_persona_and_length(domain):
    prompts = []
    Path("palaver.toml").write_text('[personas]\nwarm = ["hello", "Hello, dear friend!"]\n')
    other = author(lambda prompt: "x", second=_Noting(prompts))
    async with serving(other, Memory(), domain=domain, generate=("*",)) as door:
        wish = {"palaver_model": "second", "palaver_persona": "warm", "palaver_max_tokens": 7}
        await door.nlg(nlg_request("utter_more", *ASKED, slots=wish))
        body = await door.nlg(nlg_request("utter_more", *ASKED, arguments={"palaver_model": "third"}))
    assert [line.text for line in prompts[0].lines] == ["hello", "Hello, dear friend!", "where is my order?"]
    assert prompts[0].decoding.max_tokens == 7
    assert body["custom"] == {"model": "function@0", "fallback": "unknown model"}


class _Noting(Breaking):
    """Notes the prompts and fails."""

    def __init__(self, prompts) -> None:
        super().__init__(Busy("full"))
        self._prompts = prompts

    async def write(self, prompt, on_chunk):
        self._prompts.append(prompt)
        return await super().write(prompt, on_chunk)


def test_the_examples_of_trackers_are_what_rasa_sends():
    assert set(tracker(*ASKED)) >= {"sender_id", "slots", "latest_message", "events", "latest_input_channel"}
