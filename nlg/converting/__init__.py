"""Models whose weights are laid out for CTranslate2, which writes faster on a CPU. Needs `palaver[ctranslate2]`.

A folder holds our tokenizer, configuration and manifest, and what CTranslate2 reads, under names that say so.
"""

from __future__ import annotations

MODEL = "ctranslate2.model"
"""Its weights. CTranslate2 calls them `model.bin`, which with others is a pickle, so no folder of ours may hold one."""
FILES = {"model.bin": MODEL, "config.json": "ctranslate2.config.json", "vocabulary.json": "ctranslate2.vocabulary.json"}
"""What CTranslate2 reads, and what it is called in a folder."""
FAMILY = "ctranslate2"
"""Stands where the `config.json` of a checkpoint names its family."""
WEIGHTS = ("int8", "float32")
"""What its weights may be."""
