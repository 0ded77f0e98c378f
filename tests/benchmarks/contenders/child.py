"""`python -m tests.benchmarks.contenders.child NAME SHAPE FOLDER`: one contender, asked a line of JSON at a time.

Says `{"ready": true}` once it has written a first token. A line `[batch, context, tokens]` is answered with seconds of
clock and processor, for the first tokens and for the rest, and the most memory it ever held, in MiB.
"""

from __future__ import annotations

import json
import random
import resource
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from tests.benchmarks.contenders import SHAPES


def main(name: str, shape: str, folder: str) -> None:
    contender = import_module(f"tests.benchmarks.contenders.{name}").open(SHAPES[shape], Path(folder))
    contender.write([[300, 301]], 1)
    _say({"ready": True})
    for line in sys.stdin:
        batch, context, tokens = json.loads(line)
        chance = random.Random(batch)
        contexts = [[chance.randrange(300, 5000) for _ in range(context)] for _ in range(batch)]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        _say({**asdict(contender.write(contexts, tokens)), "memory": memory})


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
