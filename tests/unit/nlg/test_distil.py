"""Distillation from end to end: a teacher is trained, fused, listened to live and from the disk, and imitated."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from nlg import checkpoint
from nlg.beam import Beams, Found, search
from nlg.checkpoint import Checkpoint
from nlg.contract import Line, Role
from nlg.data import batches
from nlg.data import corpus as corpora
from nlg.data.batches import Batch
from nlg.data.examples import Example
from nlg.errors import RecipeError, TrainingError
from nlg.evaluation.progress import silent
from nlg.evaluation.writing import answers
from nlg.interfaces import IGNORED
from nlg.lessons import Said
from nlg.losses.cross_entropy import CrossEntropy
from nlg.losses.forward_kl import ForwardKL
from nlg.teaching import Nobody, bare, cached
from nlg.teaching.authors import Model
from nlg.teaching.cached import Cached
from nlg.teaching.endpoint import Endpoint
from nlg.teaching.filters import worth
from nlg.teaching.imitation import imitate
from nlg.teaching.live import Live
from nlg.teaching.writing import Manner, Written
from nlg.tokenizer import EOS, ReplyTokenizer
from nlg.training import phases, run, tutor
from nlg.training import recipe as recipes
from nlg.training.run import Silence, train
from nlg.training.state import history

CPU = torch.device("cpu")
ODDS = frozenset({"odds"})
PHASES = """
[teacher]
path = "{teacher}"
beams = 2
[[phases]]
share = 0.5
written = 0.5
losses = [{{ name = "cross_entropy", weight = 0.5 }}, {{ name = "forward_kl", weight = 0.5, temperature = 2.0 }}]
[[phases]]
share = 0.25
losses = [{{ name = "skewed_kl", alpha = 0.1 }}]
[[phases]]
share = 0.25
own = 0.5
losses = [{{ name = "jsd", beta = 0.1 }}]
"""


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, told: str, questions: Path) -> Path:
    """A teacher that has learnt the four questions."""
    folder = tmp_path_factory.mktemp("teacher")
    path = folder / "teacher.toml"
    path.write_text(told.replace("epochs = 6", "epochs = 200").replace('"tiny"', '"teacher"'))
    return train(path, questions, folder / "run", Silence())


def student_of(recipe: Path, teacher: Path, more: str = PHASES, **changes: str) -> Path:
    text = recipe.read_text().replace("[text]", f'[text]\ntokenizer = "{teacher / "tokenizer.json"}"')
    for old, new in changes.items():
        text = text.replace(old, new)
    path = recipe.with_name("student.toml")
    path.write_text(text + more.format(teacher=teacher))
    return path


def encoded(made: Checkpoint, corpus: Path) -> list[Batch]:
    found = batches.encode(corpora.load(corpus, ["shop"], "train"), made.tokenizer, made.context)
    return batches.plain(found, 3)


def test_a_student_goes_through_all_phases_and_comes_nearer_to_its_teacher(
    recipe: Path, corpus: Path, teacher: Path, tmp_path: Path
) -> None:
    student = student_of(recipe, teacher, **{"epochs = 6": "epochs = 24"})
    made = checkpoint.load(train(student, corpus, tmp_path / "student", Silence()))
    rows = history(tmp_path / "student" / "state.safetensors")
    assert rows[-1]["dev"] < rows[0]["dev"] * 0.8
    assert len((tmp_path / "student" / "written.jsonl").read_text().splitlines()) == 8
    assert made.tokenizer.to_json() == checkpoint.load(teacher).tokenizer.to_json()


def test_a_distillation_that_was_cut_goes_on_as_if_nothing_had_happened(
    recipe: Path, corpus: Path, teacher: Path, tmp_path: Path
) -> None:
    whole, cut = student_of(recipe, teacher), tmp_path / "cut"
    train(whole, corpus, tmp_path / "whole", Silence())

    class Stops(Silence):
        def measured(self, row: dict[str, float], better: bool) -> None:
            if row["epoch"] == 4:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(whole, corpus, cut, Stops())
    train(whole, corpus, cut, Silence(), resume=True)
    assert (cut / "model" / "model.safetensors").read_bytes() == (
        tmp_path / "whole" / "model" / "model.safetensors"
    ).read_bytes()


def test_a_live_and_a_written_down_teacher_give_the_same_loss(corpus: Path, teacher: Path, tmp_path: Path) -> None:
    made = checkpoint.load(teacher)
    live = Live(made.model, CPU, most=6)
    places = cached.write(tmp_path / "odds", live, encoded(made, corpus), 6, tutor.digest(made.tokenizer))
    kept = Cached(tmp_path / "odds")
    assert places == sum(int((batch.targets != IGNORED).sum()) for batch in encoded(made, corpus))
    for batch in encoded(made, corpus):
        said = Said(torch.randn(*batch.targets.shape, made.tokenizer.size))
        losses = [ForwardKL(2.0)(said, one(batch, ODDS))[batch.targets != IGNORED] for one in (live, kept)]
        torch.testing.assert_close(losses[0], losses[1], atol=2e-3, rtol=2e-3)  # the disk holds float16


def test_a_student_can_learn_from_odds_on_the_disk(recipe: Path, corpus: Path, teacher: Path, tmp_path: Path) -> None:
    made = checkpoint.load(teacher)
    cached.write(tmp_path / "odds", Live(made.model, CPU), encoded(made, corpus), 8, tutor.digest(made.tokenizer))
    only = '[teacher]\npath = "{teacher}"\n[[phases]]\nlosses = [{{ name = "forward_kl" }}]\n'
    student = student_of(recipe, teacher, only)
    student.write_text(student.read_text().replace(str(teacher) + '"\n[[', str(tmp_path / "odds") + '"\n[['))
    train(student, corpus, tmp_path / "student", Silence())
    rows = history(tmp_path / "student" / "state.safetensors")
    assert rows[-1]["dev"] < rows[0]["dev"]


def test_odds_on_the_disk_say_what_they_do_not_know(corpus: Path, teacher: Path, tmp_path: Path) -> None:
    made = checkpoint.load(teacher)
    cached.write(tmp_path / "odds", Live(made.model, CPU), encoded(made, corpus)[:1], 4, "digest")
    kept = Cached(tmp_path / "odds")
    with pytest.raises(TrainingError, match=r"not among the odds.*palaver distil --cache"):
        kept(encoded(made, corpus)[-1], ODDS)
    with pytest.raises(RecipeError, match="cannot tell attention"):
        kept.check(frozenset({"attention"}))
    with pytest.raises(RecipeError, match="holds no odds"):
        Cached(tmp_path)


def test_distilling_a_model_into_itself_changes_nothing(corpus: Path, teacher: Path) -> None:
    made = checkpoint.load(teacher)
    twin = checkpoint.load(teacher).model
    live = Live(made.model, CPU)
    for batch in encoded(made, corpus):
        said = Said(twin(batch.contexts, batch.lengths, batch.inputs))
        loss = ForwardKL()(said, live(batch, ODDS))[batch.targets != IGNORED].sum()
        slopes = torch.autograd.grad(loss, list(twin.parameters()), allow_unused=True)
        assert abs(float(loss.detach())) < 1e-4
        assert all(slope is None or slope.abs().max() < 1e-4 for slope in slopes)


def test_a_teacher_of_another_vocabulary_is_refused_with_the_reason(
    recipe: Path, corpus: Path, teacher: Path, tmp_path: Path
) -> None:
    other = tmp_path / "tokenizer.json"
    other.write_text(ReplyTokenizer.train(["quite other words"], 300).to_json())
    student = student_of(recipe, teacher, **{str(teacher / "tokenizer.json"): str(other)})
    with pytest.raises(RecipeError, match=r"another vocabulary than the student.*tokenizer\.json"):
        train(student, corpus, tmp_path / "student", Silence())


def test_what_odds_on_the_disk_cannot_know_is_refused_before_the_first_step(
    recipe: Path, corpus: Path, teacher: Path, tmp_path: Path
) -> None:
    made = checkpoint.load(teacher)
    cached.write(tmp_path / "odds", Live(made.model, CPU), encoded(made, corpus), 8, tutor.digest(made.tokenizer))
    phase = '[teacher]\npath = "ODDS"\n[[phases]]\nown = 0.5\nlosses = [{{ name = "forward_kl" }}]\n'
    student = student_of(recipe, teacher, phase.replace("ODDS", str(tmp_path / "odds")))
    with pytest.raises(RecipeError, match=r"contexts as they stand, which phases\.own would change"):
        train(student, corpus, tmp_path / "student", Silence())


def test_only_a_model_has_odds_to_write_down(corpus: Path, teacher: Path, recipe: Path, tmp_path: Path) -> None:
    made = checkpoint.load(teacher)
    cached.write(tmp_path / "odds", Live(made.model, CPU), encoded(made, corpus), 8, tutor.digest(made.tokenizer))
    told = recipes.load(recipe)
    for path in ("", str(tmp_path / "odds")):
        with pytest.raises(RecipeError, match="only a model has odds"):
            tutor.write_down(replace(told, teacher=recipes.Teacher(path=path)), [], tmp_path, CPU, 8, silent)


def test_odds_that_were_not_finished_are_none(corpus: Path, teacher: Path, tmp_path: Path) -> None:
    made = checkpoint.load(teacher)

    def cut() -> Iterator[Batch]:
        yield encoded(made, corpus)[0]
        raise KeyboardInterrupt

    cached.write(tmp_path, Live(made.model, CPU), encoded(made, corpus), 8, "digest")
    with pytest.raises(KeyboardInterrupt):
        cached.write(tmp_path, Live(made.model, CPU), cut(), 8, "digest")
    with pytest.raises(RecipeError, match="holds no odds"):
        Cached(tmp_path)


def test_a_student_without_what_a_loss_compares_is_refused_before_the_first_step(
    recipe: Path, corpus: Path, teacher: Path, tmp_path: Path
) -> None:
    late = '[teacher]\npath = "{teacher}"\n[[phases]]\nshare = 0.9\n[[phases]]\nshare = 0.1\n'
    student = student_of(recipe, teacher, late + 'losses = [{{ name = "attention_transfer" }}]\n')
    text = student.read_text()
    model = text[text.index("[model]") : text.index("[schedule]")]
    gpt = '[model]\nfamily = "gpt"\nwidth = 16\nheads = 2\ninner = 24\nlayers = 1\npositions = 96\n'
    student.write_text(text.replace(model, gpt))
    with pytest.raises(RecipeError, match="the family 'gpt' does not have attention"):
        train(student, corpus, tmp_path / "student", Silence())


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ("[[phases]]\nshare = 1.5\n[[phases]]\nshare = -0.5\n", r"phases\.1\.share: 1\.5 should be between 0 and 1"),
        ("[[phases]]\nown = 2\n", r"phases\.1\.own: 2 should be between 0 and 1"),
        ("[teacher]\nbeams = 0\n", r"teacher\.beams: 0 should be at least 1"),
        ('[[phases]]\nlosses = [{{ name = "forward_kl" }}]\n', "there is none. Name one under"),
        ("[[phases]]\nwritten = 1.0\n", "a phase reads what a teacher wrote, and there is none"),
        ("[[phases]]\nshare = 0.5\n", "should add up to 1"),
        ("[[phases]]\nlosses = []\n", "nothing to learn by"),
        ('[[phases]]\nlosses = [{{ name = "jsd", beta = 2.0 }}]\n', "beta"),
        ('[[phases]]\nlosses = [{{ name = "magic" }}]\n', "has no 'magic'"),
        ('[[phases]]\nlosses = [{{ name = "cross_entropy", weight = -1 }}]\n', "is no weight"),
    ],
)
def test_phases_that_make_no_sense_are_refused_before_the_first_step(
    more: str, error: str, recipe: Path, corpus: Path, tmp_path: Path
) -> None:
    recipe.write_text(recipe.read_text() + more.format())
    with pytest.raises(RecipeError, match=error):
        train(recipe, corpus, tmp_path / "student", Silence())


def test_steps_belong_to_phases_by_their_shares(recipe: Path, teacher: Path) -> None:
    told = recipes.load(student_of(recipe, teacher))
    assert [phases.number(told, step, 8) for step in range(8)] == [0, 0, 0, 0, 1, 1, 2, 2]
    assert [objective.needs for objective in phases.objectives(told)] == [ODDS] * 3


def test_without_a_teacher_a_batch_teaches_what_stands_in_it(corpus: Path, teacher: Path) -> None:
    batch = encoded(checkpoint.load(teacher), corpus)[0]
    lesson = Nobody()(batch, frozenset())
    assert torch.equal(lesson.targets, batch.targets)
    assert torch.equal(lesson.read.sum(dim=1), batch.lengths)
    assert lesson.signal is None


def test_a_student_writes_what_it_is_judged_on(corpus: Path, teacher: Path) -> None:
    made = checkpoint.load(teacher)
    batch = encoded(made, corpus)[0]
    own, again = (imitate(made.model, batch, made.tokenizer.silent, seed=4) for _ in range(2))
    assert torch.equal(own.targets, again.targets)
    assert torch.equal(own.contexts, batch.contexts)
    assert own.targets.shape[1] <= batch.targets.shape[1] + 8
    assert not torch.equal(own.targets, imitate(made.model, batch, made.tokenizer.silent, seed=5).targets)
    loss = CrossEntropy()(Said(made.model(own.contexts, own.lengths, own.inputs)), bare(own))
    assert torch.isfinite(loss).all()


def test_a_search_with_one_beam_is_greedy(corpus: Path, teacher: Path) -> None:
    made = checkpoint.load(teacher)
    asked = corpora.load(corpus, ["shop"], "train")
    contexts = [made.tokenizer.context(one.lines, one.language, made.context) for one in asked]
    found = search(made.writer, contexts, Beams(1), made.tokenizer.silent)
    assert [made.tokenizer.decode(one[0].tokens).strip() for one in found] == answers(made, asked)


def test_more_beams_find_what_is_at_least_as_likely(corpus: Path, teacher: Path) -> None:
    made = checkpoint.load(teacher)
    asked = corpora.load(corpus, ["shop"], "train")
    contexts = [made.tokenizer.context(one.lines, one.language, made.context) for one in asked]
    one, four = (search(made.writer, contexts, Beams(width, length=0.0), made.tokenizer.silent) for width in (1, 4))
    for narrow, wide in zip(one, four, strict=True):
        assert wide[0].score >= narrow[0].score - 1e-5
        assert [found.score for found in wide] == sorted((found.score for found in wide), reverse=True)


def test_what_a_beam_counts_is_what_its_reply_scores_at_once(corpus: Path, teacher: Path) -> None:
    made = checkpoint.load(teacher)
    context = made.tokenizer.context((Line(Role.USER, "where is my parcel"),), "en", made.context)
    for found in search(made.writer, [context], Beams(3, length=0.0), made.tokenizer.silent)[0]:
        batch = batches.collate([(context, [*found.tokens, EOS])])
        with torch.no_grad():
            odds = made.model(batch.contexts, batch.lengths, batch.inputs).log_softmax(dim=-1)
        score = odds.gather(-1, batch.targets.unsqueeze(-1)).sum()
        assert found.score == pytest.approx(float(score), abs=1e-3)


def test_contexts_are_searched_alike_alone_and_together(corpus: Path, teacher: Path) -> None:
    made = checkpoint.load(teacher)
    asked = corpora.load(corpus, ["shop"], "train")
    contexts = [made.tokenizer.context(one.lines, one.language, made.context) for one in asked]
    together = search(made.writer, contexts, Beams(3), made.tokenizer.silent)
    alone = [search(made.writer, [context], Beams(3), made.tokenizer.silent)[0] for context in contexts]
    assert [[one.tokens for one in found] for found in together] == [[one.tokens for one in found] for found in alone]


def test_a_search_that_finds_no_end_gives_what_was_cut(tiny: Checkpoint) -> None:
    found = search(tiny.writer, [[9, 40, 41]], Beams(2, most=3), tiny.tokenizer.silent)[0]
    assert all(one.ended or len(one.tokens) == 3 for one in found)


def example(text: str, reply: str = "", domain: str = "") -> Example:
    return Example((Line(Role.USER, text),), "en", domain, (reply,) if reply else ())


@pytest.mark.parametrize(
    ("text", "ended", "good"),
    [
        ("Please look at {{tracking_page}}.", True, True),
        ("Please look at {{tracking_page}}.", False, False),
        ("Please look at {{trick}}.", True, False),
        ("  ", True, False),
        ("and so on and so on and so on and so on and so on and so on and so on and so on", True, False),
    ],
)
def test_only_what_is_worth_reading_is_read(text: str, ended: bool, good: bool, tokenizer: ReplyTokenizer) -> None:
    found = Found(tokenizer.encode(text), -1.0, ended)
    assert worth(found, example("where is my parcel"), tokenizer) is good


def test_a_reply_that_words_acts_needs_all_of_their_placeholders(tokenizer: ReplyTokenizer) -> None:
    asked = example("OFFER city={{city}} | REQUEST date")
    assert worth(Found(tokenizer.encode("In {{city}}? When?"), 0.0), asked, tokenizer)
    assert not worth(Found(tokenizer.encode("When?"), 0.0), asked, tokenizer)


def test_what_was_written_is_not_asked_again(corpus: Path, teacher: Path, tmp_path: Path) -> None:
    made, asked = checkpoint.load(teacher), corpora.load(corpus, ["shop"], "train")
    author = Model(made, Beams(2), CPU)
    path = tmp_path / "written.jsonl"
    whole = Written(path, author, made.tokenizer).complete(asked, lambda _: None)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3]) + lines[3][:2])  # cut in the middle of a line

    class Counts:
        asked = 0

        def __call__(self, examples: list[Example]) -> list[list[Found]]:
            self.asked += len(examples)
            return author(examples)

    counts = Counts()
    assert Written(path, counts, made.tokenizer).complete(asked, lambda _: None) == whole  # type: ignore[arg-type]
    assert counts.asked == len(asked) - 3
    assert path.read_text().splitlines() == [json.dumps(row) for row in whole]


def test_the_nearest_of_the_beams_is_the_one_like_the_given_reply(tokenizer: ReplyTokenizer, tmp_path: Path) -> None:
    near, far = tokenizer.encode("Please look at it."), tokenizer.encode("Yes, within days.")

    def author(_: list[Example]) -> list[list[Found]]:
        return [[Found(far, -0.1), Found(near, -0.5)]]

    told = [example("where is my parcel", "Please look at {{tracking_page}}.")]
    for nearest, wanted in ((True, near), (False, far)):
        written = Written(tmp_path / f"{nearest}.jsonl", author, tokenizer, Manner(nearest))  # type: ignore[arg-type]
        assert written.complete(told, lambda _: None) == [wanted]


class Service(BaseHTTPRequestHandler):
    """An OpenAI-compatible service that says the last words again; at `broken` it fails."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        last = body["messages"][-1]["content"]
        status = 500 if last == "broken" else 200
        answer = {
            "choices": [{"message": {"role": "assistant", "content": f" You said {last}. "}, "finish_reason": "stop"}]
        }
        data = json.dumps(answer if body["model"] == "echo" else {"error": "no such model"}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the library's name


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/"
    server.shutdown()
    server.server_close()


def test_a_service_can_be_the_one_who_writes(service: str, tokenizer: ReplyTokenizer) -> None:
    author = Endpoint(service, "echo", tokenizer, "Answer.")
    found = author([example("hello"), example("bye")])
    assert [tokenizer.decode(one[0].tokens) for one in found] == ["You said hello.", "You said bye."]


@pytest.mark.parametrize(("model", "text"), [("echo", "broken"), ("other", "hello")])
def test_a_service_that_fails_is_named_with_what_to_do(
    model: str, text: str, service: str, tokenizer: ReplyTokenizer
) -> None:
    with pytest.raises(TrainingError, match=r"gave no reply.*--resume"):
        Endpoint(service, model, tokenizer, "Answer.")([example(text)])


def test_questions_without_replies_are_answered_by_the_teacher(
    recipe: Path, corpus: Path, teacher: Path, tmp_path: Path
) -> None:
    lines = [{"id": "q", "lang": "en", "domain": "none", "turns": [{"role": "user", "text": "where is my parcel"}]}]
    (corpus / "asked.train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    student = student_of(
        recipe, teacher, **{'sources = ["shop"]': 'sources = ["shop"]\nquestions = ["asked"]\ntopics = true'}
    )
    train(student, corpus, tmp_path / "student", Silence())
    (asked,) = corpora.questions(corpus, ["asked"], "train")
    told, tokens = recipes.load(student), checkpoint.load(teacher).tokenizer
    read = tutor.reading(told, run.read(told, corpus).learnt, tokens, tmp_path / "student", CPU, silent)
    (answered,) = [one for one in read if not one.replies]
    assert not answered.topic  # the teacher's vocabulary has no topics
    assert answered.written
    assert answered.contexts[0] == tokens.context(asked.lines, "", told.text.context)
    (batch,) = batches.epoch([answered], 1, 1, 0)
    assert batch.targets.tolist() == [[*answered.written, EOS]]


def test_a_teacher_is_asked_for_its_share_and_if_wanted_only_for_openings(
    tokenizer: ReplyTokenizer, tmp_path: Path
) -> None:
    first, second = (Line(Role.USER, "Where is it?"), Line(Role.ASSISTANT, "On its way."))
    alone, later = (Example(lines, "en", "", ()) for lines in ((first,), (first, second, first)))
    asked: list[Example] = []

    def author(examples: Sequence[Example]) -> list[list[Found]]:
        asked.extend(examples)
        return [[Found(tokenizer.encode("Here."), 0.0)] for _ in examples]

    questions = [alone, later] * 40
    manner = Manner(together=4, share=0.5, seed=1, openings=True)
    replies = Written(tmp_path / "written.jsonl", author, tokenizer, manner).complete(questions, lambda _: None)
    assert 10 <= len(asked) <= 30
    assert set(asked) == {alone}
    assert [bool(reply) for reply in replies].count(True) == len(asked)
    again = replace(manner, together=7)
    assert Written(tmp_path / "other.jsonl", author, tokenizer, again).complete(questions, lambda _: None) == replies
