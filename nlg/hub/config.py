"""The `config.json` of our checkpoints as `transformers` knows configurations, and how it is told to choose tokens."""

from __future__ import annotations

from functools import cache
from typing import Any

from transformers import GenerationConfig, PreTrainedConfig

from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.tokenizer import BOS, CONTROLS, EOS, PAD


class ReplyConfig(PreTrainedConfig):
    """`settings` are those of the family, `context` is how many tokens are read at most."""

    format: int = 1
    name: str = "model"
    context: int = 112
    settings: dict[str, Any] | None = None
    is_encoder_decoder: bool = True

    def __post_init__(self, **more: Any) -> None:
        self.vocab_size = int((self.settings or {}).get("vocab_size", 0))
        super().__post_init__(**{key: value for key, value in more.items() if key != "vocab_size"})  # type: ignore[no-untyped-call]


@cache
def config_class(family: str) -> type[ReplyConfig]:
    """The configuration of one family: `transformers` tells them apart by class, and models know them by its name."""
    return type(ReplyConfig.__name__, (ReplyConfig,), {"model_type": family, "__module__": __name__})


def configuration(checkpoint: Checkpoint, settings: dict[str, Any]) -> ReplyConfig:
    """The configuration of a checkpoint."""
    return config_class(checkpoint.family)(name=checkpoint.name, context=checkpoint.context, settings=settings)


def generation(decoding: Decoding) -> GenerationConfig:
    """What our decoding does, in the words of `transformers`: no reply is empty or holds control tokens."""
    drawn = {"temperature": decoding.temperature, "top_p": decoding.top_p, "top_k": decoding.top_k}
    return GenerationConfig(
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
        decoder_start_token_id=BOS,
        max_new_tokens=decoding.max_tokens,
        min_new_tokens=1,
        suppress_tokens=[token for token in range(len(CONTROLS)) if token != EOS],
        repetition_penalty=decoding.repetition_penalty,
        do_sample=decoding.temperature > 0,
        **(drawn if decoding.temperature > 0 else {}),
    )
