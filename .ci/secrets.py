"""Looks for secrets in the files of the repository: what looks like one and is not known fails.

python .ci/secrets.py            (all files that git knows)
python .ci/secrets.py FILE ...   (these, as before a commit)
python .ci/secrets.py --learn    (writes .ci/secrets.txt anew: look at every line of the difference)
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

KNOWN = Path(".ci/secrets.txt")
SHAPES = {
    "Telegram bot token": rb"\b\d{8,10}:[A-Za-z0-9_-]{35}\b",
    "Slack token": rb"\bxox[abposr]-(?:\d+-)+[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{10,}",
    "Slack webhook": rb"hooks\.slack\.com/services/T\w+/B\w+/\w{20,}",
    "private key": rb"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP |ENCRYPTED )?PRIVATE KEY",
    "AWS key": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "GitHub token": rb"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{60,}\b",
    "GitLab token": rb"\bglpat-[A-Za-z0-9_-]{20}\b",
    "OpenAI or Anthropic key": rb"\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}",
    "Hugging Face token": rb"\bhf_[A-Za-z0-9]{34}\b",
    "Google key": rb"\bAIza[0-9A-Za-z_-]{35}\b",
    "PyPI token": rb"\bpypi-AgEIcHlwaS5vcmc[\w-]{50,}",
    "signed token (JWT)": rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "password in an address": rb"\b[a-z][a-z0-9+]{2,20}://[^\s:/@'\"<>{}$]+:[^\s:/@'\"<>{}$]{6,}@[\w.-]+",
}
PATTERN = re.compile(b"|".join(b"(?:%s)" % shape for shape in SHAPES.values()))


def main(arguments: Sequence[str]) -> int:
    """Return the exit status: 1 when something new looks like a secret."""
    found = {f"{path} {digest}": line for path in _files(arguments) for digest, line in _in(path)}
    if arguments == ["--learn"]:
        KNOWN.write_text("".join(f"{one}\n" for one in sorted(found)), "utf-8")
        return 0
    known = set(KNOWN.read_text("utf-8").splitlines())
    new = {one: line for one, line in found.items() if one not in known}
    for one, line in new.items():
        print(
            f"{one.rpartition(' ')[0]}:{line} holds what looks like a secret. Take it out and revoke it; "
            "if it opens nothing, run `python .ci/secrets.py --learn`."
        )
    return 1 if new else 0


def _files(arguments: Sequence[str]) -> list[Path]:
    named = [name for name in arguments if not name.startswith("--")]
    return [path for path in map(Path, named or _all()) if path.is_file()]


def _all() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True)  # noqa: S607 - of whoever runs it
    return [name for name in listed.stdout.decode().split("\0") if name]


def _in(path: Path) -> Iterator[tuple[str, int]]:
    """Give the digest of each match, and its line."""
    content = path.read_bytes()
    for match in PATTERN.finditer(content):
        yield hashlib.sha256(match[0]).hexdigest()[:16], content.count(b"\n", 0, match.start()) + 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
