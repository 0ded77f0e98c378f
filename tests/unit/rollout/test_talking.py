"""Who the bot is at an address names the model; what was answered is followed."""

from __future__ import annotations

from bot.messages import Address, Conversation, Question
from bot.rollout.talking import TalkingModels

LUNA, WEB = Address("telegram", "4242", "7"), Address("web", "", "s")


class Known:
    """Every version can be asked."""

    def __init__(self) -> None:
        self.shadowed: list[int] = []
        self.stopped: list[str] = []

    def assign(self, address: Address, wish: str = "") -> str:
        return wish or "default"

    async def stop(self, question: str) -> None:
        self.stopped.append(question)

    def shadow(self, question: Question, turn: int) -> None:
        self.shadowed.append(turn)


async def test_the_model_of_a_persona_answers_where_nobody_asks_for_another() -> None:
    known, followed = Known(), list[Question]()
    models = TalkingModels(known, lambda address: "small" if address == LUNA else "", followed.append)
    assert [models.assign(LUNA), models.assign(WEB), models.assign(LUNA, "large")] == ["small", "default", "large"]
    question = Question(Conversation(1, LUNA), (), "q")
    models.shadow(question, 5)
    await models.stop("q")
    assert (known.shadowed, known.stopped, followed) == ([5], ["q"], [question])
