"""Text on its way to Slack and from it."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.slack.escaping import escape, plain

SPECIAL = st.text(st.sampled_from("<>&!@#|;lampgt htp:/U1\n*_~`é漢"), max_size=80)


@given(SPECIAL | st.text())
@example("<!channel> <!here> <@U1> <http://evil|ok> <#C1>")
@example("&lt;!channel&gt;")
def test_no_special_mark_survives_escaping(text):
    escaped = escape(text)
    assert "<" not in escaped
    assert ">" not in escaped
    assert re.sub(r"&(amp|lt|gt);", "", escaped).count("&") == 0
    assert len(escaped) <= 5 * len(text)


@given(SPECIAL | st.text())
def test_what_is_escaped_reads_as_it_was_written(text):
    assert plain(escape(text), []) == text.strip()


@pytest.mark.fuzz
@given(SPECIAL)
def test_any_text_from_slack_can_be_read(text):
    plain(text, ["U1"])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<@U1> hi", "hi"),
        ("<@U1>: hi", "hi"),
        ("<@U1>, hi", "hi"),
        ("<@U1> :wave: hi", ":wave: hi"),
        ("<@U1|palaver> hi", "hi"),
        ("hey <@U1> how are you", "hey how are you"),
        ("hello <@U1>!", "hello!"),
        ("hi <@U1>", "hi"),
        ("<@U1> <@U1> twice", "twice"),
        ("<@U1>", ""),
        ("<@U12> is someone else", "@U12 is someone else"),
        ("ask <@U2|ann> or <@U3>", "ask @ann or @U3"),
        ("in <#C1|general> and <#C2>", "in #general and #C2"),
        ("<!here> and <!channel> and <!subteam^S1|@team> <!subteam^S2>", "@here and @channel and @team @subteam"),
        ("<!date^1392734382^{date}|18 February>", "18 February"),
        ("see <http://example.com|example.com>", "see example.com"),
        ("see <https://example.com/|example.com>", "see example.com"),
        ("see <https://example.com/a?b=1&amp;c=2>", "see https://example.com/a?b=1&c=2"),
        ("see <https://example.com|the docs>", "see the docs (https://example.com)"),
        ("see <https://evil.com/bank.com|bank.com>", "see bank.com (https://evil.com/bank.com)"),
        ("write <mailto:a@b.c|a@b.c>", "write a@b.c"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt; stays", "&lt; stays"),
        ("&lt;@U1&gt; typed by hand", "<@U1> typed by hand"),
        ("a < b", "a < b"),
        ("<>", ""),
        ("", ""),
    ],
)
def test_text_from_slack_reads_as_a_person_reads_it(written, read):
    assert plain(written, ["U1", ""]) == read
