"""Our checkpoints as citizens of `transformers`: import this, and its Auto classes read them.

    import nlg.hub
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer, model = (auto.from_pretrained(folder) for auto in (AutoTokenizer, AutoModelForSeq2SeqLM))
    chat = tokenizer.apply_chat_template([{"role": "user", "content": "Where is my order?"}], return_tensors="pt")
    tokenizer.decode(model.generate(**chat)[0], skip_special_tokens=True)

`AutoModelForCausalLM` and with it `pipeline("text-generation")` work too: there, context and reply are one text, and
`<|bos|>` stands between them. Folders are read by `nlg.checkpoint`, so every byte is checked, and nothing but
safetensors is opened. `transformers` comes with `pip install palaver[hub]`.
"""

from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

from nlg import plugins
from nlg.hub.config import config_class
from nlg.hub.models import ReplyForCausalLM, ReplyForSeq2SeqLM
from nlg.hub.tokenizer import HubTokenizer

__all__ = ["HubTokenizer", "ReplyForCausalLM", "ReplyForSeq2SeqLM"]

for _family in plugins.families():
    _config = config_class(_family)
    AutoConfig.register(_family, _config)
    AutoTokenizer.register(_config, tokenizer_class=HubTokenizer)
    AutoModelForSeq2SeqLM.register(_config, ReplyForSeq2SeqLM)
    AutoModelForCausalLM.register(_config, ReplyForCausalLM)
