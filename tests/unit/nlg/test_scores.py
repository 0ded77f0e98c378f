from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from nlg.evaluation.metric import Answer
from nlg.evaluation.sacre import streams
from nlg.evaluation.scoring import all_metrics, score
from nlg.evaluation.words import spoken, units

PERFECT = {
    **dict.fromkeys(("bleu", "chrf", "rouge_1", "rouge_2", "rouge_l", "precision", "recall", "f1"), 100.0),
    "length_ratio": 1.0,
    "slot_error_rate": 0.0,
    "slots_missing": 0.0,
    "slots_redundant": 0.0,
}
SHARES = {"distinct_1", "distinct_2", "repetition", "slots_missing"}
MOST = {**dict.fromkeys(PERFECT, 100.0), **dict.fromkeys(SHARES, 1.0), "length_ratio": math.inf, "words": math.inf}
MOST |= {"slot_error_rate": math.inf, "slots_redundant": math.inf}


def one(reply: str, *references: str, language: str = "en", wanted: frozenset[str] | None = None) -> dict[str, float]:
    """The values that there are, of one answer."""
    values = score([Answer(reply, references, wanted)], language).values
    return {name: value for name, value in values.items() if value is not None}


def test_bleu_is_what_it_is_by_hand() -> None:
    # 6/7 words, 5/6 pairs, 4/5 threes and 3/4 fours are right; the reply is not too short.
    assert one("The cat sat on the mat today", "the cat sat on the mat")["bleu"] == pytest.approx(100 * (3 / 7) ** 0.25)


def test_chrf_is_what_it_is_by_hand() -> None:
    # Letters and pairs of letters: precision 1 and 1, recall 2/3 and 1/2; recall counts twice (F2).
    recall = (2 / 3 + 1 / 2) / 2
    assert one("ab", "abc")["chrf"] == pytest.approx(100 * 5 * recall / (4 + recall))


def test_rouge_is_what_it_is_by_hand() -> None:
    values = one("police killed the gunman", "police kill the gunman")  # Lin (2004), section 3.1
    assert (values["rouge_1"], values["rouge_l"]) == (75, 75)
    assert values["rouge_2"] == pytest.approx(100 / 3)
    assert one("the gunman kill police", "police kill the gunman")["rouge_l"] == 50
    values = one("请看这里", "请看那里", language="zh")
    assert (values["rouge_1"], values["rouge_l"]) == (75, 75)
    assert values["rouge_2"] == pytest.approx(100 / 3)


def test_word_f1_leaves_out_articles_and_punctuation() -> None:
    values = one("The parcel is on its way!", "Your parcel is late.")
    assert (values["precision"], values["recall"]) == (pytest.approx(40), pytest.approx(50))
    assert values["f1"] == pytest.approx(100 * 4 / 9)


def test_a_word_that_is_said_twice_is_right_once() -> None:
    values = one("no no no no", "no")
    assert (values["precision"], values["recall"]) == (25, 100)


def test_of_several_references_the_best_counts() -> None:
    values = one("we open at ten", "closed on sunday all day", "we open at ten")
    assert all(values[name] == pytest.approx(best) for name, best in PERFECT.items() if name in values)


def test_distinct_counts_different_grams_over_all_replies() -> None:
    answers = [Answer("a b a", ("x",)), Answer("A b", ("x",))]
    values = score(answers, "en").values
    assert values["distinct_1"] == pytest.approx(2 / 5)
    assert values["distinct_2"] == pytest.approx(2 / 3)
    assert score([Answer("", ("x",))], "en").values["distinct_1"] is None


def test_a_reply_that_says_four_words_twice_repeats() -> None:
    replies = ["go to the page go to the page", "go to the page, go to the site", "no no no no no", "no no no no"]
    answers = [Answer(reply, ("x",)) for reply in replies]
    assert score(answers, "en").values["repetition"] == 0.5
    assert one("请看这里，请看这里", "好", language="zh")["repetition"] == 1
    assert one("I see ......", "x")["repetition"] == 1
    assert one("I see...", "x")["repetition"] == 0


def test_the_length_ratio_is_of_all_words_to_those_of_the_nearest_references() -> None:
    answers = [Answer("a b c", ("x", "x y", "x y z v")), Answer("a", ("x y",))]
    values = score(answers, "en").values
    assert values["length_ratio"] == pytest.approx(4 / 4)
    assert values["words"] == 2


def test_slot_errors_are_missing_and_redundant_of_all_wanted() -> None:
    wanted = frozenset({"city", "time", "seats", "day_2"})
    answers = [
        Answer("{{city}} {{city}} {{time}} {{price}}", ("x",), wanted),
        Answer("Goodbye!", ("x",), frozenset()),
        Answer("{{hidden}} is not counted where no acts are", ("x",)),
    ]
    values = score(answers, "en").values
    assert values["slots_missing"] == values["slots_redundant"] == 0.5
    assert values["slot_error_rate"] == 1


def test_without_acts_there_are_no_slot_errors() -> None:
    assert score([Answer("{{city}}", ("{{city}}",))], "en").values["slot_error_rate"] is None


def test_chinese_is_counted_in_characters_and_other_words_whole() -> None:
    assert units("好的, 用iPhone 15吗？") == ["好", "的", ",", "用", "iphone", "15", "吗", "？"]
    assert units("Don't pay 12-15, pay 20!") == ["don't", "pay", "12-15", ",", "pay", "20", "!"]


def test_a_placeholder_is_one_word() -> None:
    assert units("看{{order_page}}。") == ["看", "slotorderpage", "。"]
    assert units("see {{order_page}} now") == ["see", "slotorderpage", "now"]
    same, other = "It is on {{order_page}} now, sir.", "It is on {{return_page}} now, sir."
    raw = float(BLEU(lowercase=True).corpus_score([other], [[same]]).score)
    assert one(other, same)["bleu"] < raw


@pytest.mark.parametrize(("language", "tokenizer"), [("en", "13a"), ("zh", "zh"), ("zh-CN", "zh"), ("", "13a")])
def test_the_signature_says_how_bleu_was_computed(language: str, tokenizer: str) -> None:
    signatures = score([Answer("好", ("好", "行")), Answer("x", ("y",))], language).signatures
    assert f"tok:{tokenizer}|" in signatures["bleu"]
    assert "nrefs:var" in signatures["bleu"]
    assert "version:" in signatures["chrf"]
    assert ("tok:characters" in signatures["rouge"]) == language.startswith("zh")


def test_each_figure_has_a_name_of_its_own() -> None:
    names = [figure.name for metric in all_metrics().values() for figure in metric.FIGURES]
    assert len(set(names)) == len(names)
    assert {name for metric in all_metrics().values() for name in [f.name for f in metric.FIGURES if f.compared]} == {
        "bleu",
        "chrf",
        "rouge_l",
        "f1",
    }


WORDS = st.sampled_from(["where", "is", "my", "parcel", "please", "look", "at", "{{order_page}}", "today", "sir"])
SENTENCES = st.lists(WORDS, min_size=4, max_size=9).map(" ".join)
CHINESE = st.text("请您到页面上看包裹，。", min_size=4, max_size=9).filter(
    lambda text: any(c not in "，。" for c in text)
)
TEXTS = {"en": SENTENCES, "zh": CHINESE}


def answers_of(texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[Answer]]:
    references = st.lists(texts, min_size=1, max_size=3).map(tuple)
    wanted = st.none() | st.frozensets(st.sampled_from(["order_page", "city"]))
    return st.lists(st.builds(Answer, st.just("") | texts, references, wanted), min_size=1, max_size=5)


languages = pytest.mark.parametrize("language", ["en", "zh"])


@languages
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_words_of_people_are_the_best_there_can_be(language: str, data: st.DataObject) -> None:
    texts = data.draw(st.lists(TEXTS[language], min_size=1, max_size=4))
    wanted = [frozenset({"order_page"}) if text.count("{{order_page}}") == 1 else None for text in texts]
    values = score([Answer(text, (text,), slots) for text, slots in zip(texts, wanted, strict=True)], language).values
    assert {name: values[name] for name in PERFECT if values[name] is not None} == pytest.approx(
        {name: best for name, best in PERFECT.items() if values[name] is not None}
    )


@languages
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_values_stay_within_their_bounds_and_the_order_of_answers_does_not_matter(
    language: str, data: st.DataObject
) -> None:
    answers = data.draw(answers_of(TEXTS[language]))
    values = {name: value for name, value in score(answers, language).values.items() if value is not None}
    assert all(0 <= value <= MOST[name] + 1e-6 for name, value in values.items())
    random.Random(1).shuffle(answers)
    again = score(answers, language).values
    assert values == pytest.approx({name: again[name] for name in values})


@settings(max_examples=40, deadline=None)
@given(answers_of(SENTENCES))
def test_english_scores_are_those_of_the_libraries(answers: list[Answer]) -> None:
    values = score(answers, "en").values
    replies, references = [spoken(answer.reply) for answer in answers], streams(answers)
    bleu = BLEU(tokenize="13a", lowercase=True).corpus_score(replies, references).score
    assert (values["bleu"], values["chrf"]) == (
        pytest.approx(bleu),
        pytest.approx(CHRF().corpus_score(replies, references).score),
    )
    scorer = RougeScorer(["rougeL"])
    rouge = [scorer.score_multi(list(map(spoken, a.references)), spoken(a.reply))["rougeL"].fmeasure for a in answers]
    assert values["rouge_l"] == pytest.approx(100 * sum(rouge) / len(rouge))


@settings(max_examples=40, deadline=None)
@given(answers_of(CHINESE))
def test_chinese_scores_are_those_of_the_libraries(answers: list[Answer]) -> None:
    values = score(answers, "zh").values
    replies, references = [answer.reply for answer in answers], streams(answers)
    assert values["bleu"] == pytest.approx(BLEU(tokenize="zh", lowercase=True).corpus_score(replies, references).score)
    assert values["rouge_l"] == pytest.approx(100 * sum(map(_rouge_l, answers)) / len(answers))


def _rouge_l(answer: Answer) -> float:
    """By hand: F of the longest common sequence of characters, the best of all references."""
    return max(_f(_common(answer.reply, text), answer.reply, text) for text in answer.references)


def _f(common: int, said: Sequence[str], real: Sequence[str]) -> float:
    return 2 * common / (len(said) + len(real)) if common else 0.0


def _common(one: str, two: str) -> int:
    row = [0] * (len(two) + 1)
    for sign in one:
        before = row
        row = [0]
        for at, other in enumerate(two):
            row.append(before[at] + 1 if sign == other else max(before[at + 1], row[at]))
    return row[-1]
