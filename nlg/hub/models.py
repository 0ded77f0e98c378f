"""Any of our families as a model of `transformers`: encoder-decoder, or one text that is continued."""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast, Seq2SeqLMOutput
from transformers.utils.generic import ModelOutput

from nlg import checkpoint, plugins
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.errors import CheckpointError
from nlg.hub.config import ReplyConfig, configuration, generation
from nlg.hub.state import Reading, StateCache, rows, state_of
from nlg.interfaces import IGNORED, TrainableModel
from nlg.settings import build
from nlg.tokenizer import BOS, PAD


class ReplyPreTrainedModel(PreTrainedModel):
    """Holds the module of a family, and the rest of its checkpoint if it came from one."""

    config_class = ReplyConfig
    base_model_prefix = "model"
    main_input_name = "input_ids"
    _encoder_decoder = True

    def __init__(self, config: ReplyConfig, made: Checkpoint | None = None) -> None:
        config.is_encoder_decoder = self._encoder_decoder
        super().__init__(config)
        self.checkpoint = made
        self.model = made.model if made else _new(config)
        self.post_init()  # type: ignore[no-untyped-call]
        self.generation_config = generation(made.decoding if made else Decoding())

    @classmethod
    def present(cls, made: Checkpoint) -> Self:
        """Present a checkpoint. Its module is shared, not copied."""
        return cls(configuration(made, asdict(cast("Any", made.model).config)), made)

    @classmethod
    def from_pretrained(  # type: ignore[override]  # no option of the original but these makes sense here
        cls,
        pretrained_model_name_or_path: str | os.PathLike[str],
        *_: Any,
        dtype: torch.dtype | str | None = None,
        **__: Any,
    ) -> Self:
        """Read one of our folders; raise `CheckpointError` when it cannot be trusted. `dtype` is float32 by default."""
        model = cls.present(checkpoint.load(Path(pretrained_model_name_or_path)))
        model.eval()  # type: ignore[no-untyped-call]
        wanted = getattr(torch, dtype, None) if isinstance(dtype, str) else dtype
        return model.to(dtype=wanted) if wanted else model  # type: ignore[call-arg]

    def save_pretrained(self, save_directory: str | os.PathLike[str], *_: Any, **__: Any) -> None:
        """Write the files of one of our folders; others that lie there stay, as `transformers` has it.

        Raises `CheckpointError` for a model that has no tokenizer.
        """
        if self.checkpoint is None:
            raise CheckpointError(
                "this model was made of a configuration alone and has no tokenizer. Make a checkpoint of both with "
                "nlg.checkpoint.save."
            )
        folder = Path(save_directory)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as fresh:
            checkpoint.save(replace(self.checkpoint, model=self.model), Path(fresh) / "model")
            for file in (Path(fresh) / "model").iterdir():
                file.replace(folder / file.name)

    @property
    def family(self) -> TrainableModel:
        return cast("TrainableModel", self.model)

    def get_input_embeddings(self) -> nn.Module:
        """The first embedding of the family, which all of ours make their odds with too."""
        found = (part for part in self.model.modules() if hasattr(part, "num_embeddings"))  # int8 ones too
        return cast("nn.Module", next(found))

    def _init_weights(self, module: nn.Module) -> None:
        """A family starts its own weights."""

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        return False


class ReplyForSeq2SeqLM(ReplyPreTrainedModel, GenerationMixin):
    """Context in, reply out."""

    def get_encoder(self, modality: str | None = None) -> nn.Module:  # noqa: ARG002 - there is one
        return Reading(self.family)

    def prepare_decoder_input_ids_from_labels(self, labels: Tensor) -> Tensor:
        """What is read while `labels` (B, T) are said: one token later, with a beginning."""
        begin = labels.new_full((labels.shape[0], 1), BOS)
        return torch.cat([begin, labels[:, :-1].masked_fill(labels[:, :-1] == IGNORED, PAD)], dim=1)

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        encoder_outputs: ModelOutput | None = None,
        cache: StateCache | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        **_: Any,
    ) -> Seq2SeqLMOutput:
        """Return log-odds (B, T, V) after each of `decoder_input_ids`, and with `labels` the mean loss over them."""
        if decoder_input_ids is None:
            if labels is None:
                raise ValueError("give decoder_input_ids or labels")
            decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)
        use_cache = bool(use_cache) and labels is None
        if use_cache and cache is None:
            read = encoder_outputs if encoder_outputs is not None else self.get_encoder()(input_ids, attention_mask)
            cache = StateCache(self.family, state_of(read))
        if use_cache and cache is not None:
            return Seq2SeqLMOutput(logits=cache.read(decoder_input_ids), cache=cache)  # type: ignore[arg-type]
        if encoder_outputs is not None:
            contexts, lengths = encoder_outputs["contexts"], encoder_outputs["lengths"]
        else:
            contexts, lengths = rows(cast("Tensor", input_ids), attention_mask)
        logits = self.family(contexts, lengths, decoder_input_ids)
        return Seq2SeqLMOutput(loss=_loss(logits, labels), logits=logits)


class ReplyForCausalLM(ReplyPreTrainedModel, GenerationMixin):
    """Context, `<|bos|>` and reply as one text. In a batch, pad on the left, so that replies begin together."""

    _encoder_decoder = False

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        cache: StateCache | None = None,
        use_cache: bool | None = None,
        **_: Any,
    ) -> CausalLMOutputWithPast:
        """Return log-odds from `<|bos|>` on; what comes before is only read. Raises `ValueError` without one."""
        if use_cache and cache is not None:
            return CausalLMOutputWithPast(logits=cache.read(input_ids), cache=cache)  # type: ignore[arg-type]
        begin = _begin(input_ids)
        mask = None if attention_mask is None else attention_mask[:, :begin]
        contexts, lengths = rows(input_ids[:, :begin], mask)
        if use_cache:
            cache = StateCache(self.family, self.family.start(contexts, lengths))
            return CausalLMOutputWithPast(logits=cache.read(input_ids[:, begin:]), cache=cache)  # type: ignore[arg-type]
        return CausalLMOutputWithPast(logits=self.family(contexts, lengths, input_ids[:, begin:]))


def _begin(input_ids: Tensor) -> int:
    """The column where the replies of all rows begin."""
    columns = (input_ids == BOS).all(dim=0).nonzero()
    if not len(columns) or not int(columns[0]):
        raise ValueError(
            "there is no <|bos|> after a context in one column of all rows: use "
            "tokenizer.apply_chat_template(chat, add_generation_prompt=True), and pad on the left."
        )
    return int(columns[0])


def _loss(logits: Tensor, labels: Tensor | None) -> Tensor | None:
    if labels is None:
        return None
    return functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED)


def _new(config: ReplyConfig) -> nn.Module:
    family = plugins.family(config.model_type)
    return family.build(build(family.config, config.settings or {}, "settings"))
