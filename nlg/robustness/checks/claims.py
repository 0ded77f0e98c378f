"""Does not say that it has done something: it can look up and change nothing.

By patterns, in English and Chinese: somebody here has done it, or it has been done to something of the customer's. A
sentence with a condition ("once we have refunded it", 如果已经为您退款) claims nothing. What no pattern knows passes.
"""

from __future__ import annotations

import regex

from nlg.robustness.checking import Said

TITLE = "no claims"
SAYS = "Does not claim to have changed, cancelled, refunded, sent or passed on something."
DONE = (
    "changed", "cancelled", "canceled", "refunded", "sent", "updated", "deleted", "issued", "applied", "credited",
    "booked", "shipped", "dispatched", "transferred", "forwarded", "removed", "processed", "activated", "unlocked",
    "unsubscribed", "replaced", "arranged", "approved", "corrected", "registered", "reserved", "extended",
    "escalated", "emailed", "e-mailed", "raised", "confirmed", "granted", "waived", "blocked", "closed", "upgraded",
    "placed", "logged", "noted down",
)  # fmt: skip
CONDITION = regex.compile(
    r"\b(?:if|once|when|whenever|after|unless|until|till|before|whether|may|might|not"
    r"|as soon as|should|would|could|can|wherever)\b"
    r"|如果|若|要是|假如|一旦|只要|等|(?<!售)后(?!台)|是否|的话|还没|没有|时候|当|可以|能不能|有没有|万一|除非",
    regex.IGNORECASE,
)
CLAIM = regex.compile(
    r"\b(?:i|we)(?:['’]ve| have)(?: just| already| now| also)* (?:\L<done>)\b"
    r"|\bi(?: just| already| now)+ (?:\L<done>)\b|^\s*i (?:\L<done>)\b"
    r"|\b(?:your|the) [\w -]{2,30}? (?:has|have)(?: just| already| now)* been (?:\L<done>)\b"
    r"|已经?(?:成功)?(?:为|帮|给|替)(?:您|你)|已经?(?:成功)?(?:退款|取消|修改|更改|删除|发送|补发|登记|转接|开通|重置|批准)(?:了|成功|完成|到)"
    r"|(?:我|我们|这边|系统)(?:刚刚?|已经?)(?:退款|退了|取消|修改|改|删除|发|寄|补发|登记|转接|转告|转交|开通|重置|批准|提交|上报|备注)"
    r"|(?:帮|给|为|替)(?:您|你)(?:\p{Han}{0,4})(?:退|改|取消|删|发|寄|登记|转|开通|重置|批准|提交|备注)(?:好|掉|出)?了",
    regex.IGNORECASE,
    done=list(DONE),
)
SENTENCE = regex.compile(r"[^.!?;。！？；\n]+")


def holds(said: Said) -> bool:
    sentences = SENTENCE.findall(said.reply)
    return not any(CLAIM.search(one) for one in sentences if not CONDITION.search(one))
