"""What CTranslate2 cannot say the same with is not converted. Needs no such library."""

from __future__ import annotations

import pytest

from nlg import int8, plugins
from nlg.checkpoint import Checkpoint
from nlg.converting import commands
from nlg.errors import RecipeError
from nlg.tokenizer import ReplyTokenizer

OTHERS = [name for name in plugins.families() if name != "gpt"]


@pytest.mark.parametrize("family", OTHERS)
def test_other_families_are_refused_with_the_reason(family: str, tiny: Checkpoint) -> None:
    made = Checkpoint("mine", family, tiny.model, tiny.tokenizer, 20)
    with pytest.raises(RecipeError, match=f"of the family {family}, and only gpt is converted: .+"):
        commands.check(made, "int8")


def test_int8_weights_and_unknown_ones_are_refused(tokenizer: ReplyTokenizer) -> None:
    kind = plugins.family("gpt")
    model = kind.build(kind.config(vocab_size=tokenizer.size, **kind.variants[0]))
    made = Checkpoint("mine", "gpt", model, tokenizer, 20)
    with pytest.raises(RecipeError, match="int8 weights already"):
        commands.check(int8.quantised(made), "int8")
    with pytest.raises(RecipeError, match="int8, float32"):
        commands.check(made, "int4")
    commands.check(made, "float32")
