"""Writes constraints.txt: the exact version of every package that an installation needs, for each Python we support.

And requirements.txt: the same for running it, with the hashes of all files, for `pip install --require-hashes`.

python .ci/lock.py python3.11 python3.12 python3.13
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

EXTRAS = ".[all,dev]"
HELD = ["torch==2.13.0"]
"""Not the newest on purpose: figures in the documentation were measured with it, and it is a big download."""

HEADER = """\
# Exact versions of everything that palaver[all,dev] needs. Written by `make lock`; do not edit.
# pip install -c constraints.txt -e '.[all]'
# The nvidia, cuda and triton lines only matter where torch's CUDA build is installed.
# The extra `rasa` is not part of it: rasa-sdk needs older versions of some of these. Give it its own environment.
"""

UV = "uv==0.13.9"
"""It knows the hashes of files for every system and Python at once."""

HASHED = """\
# Every package of palaver[all] with the hashes of its files. Written by `make lock`; do not edit.
# pip install --require-hashes -r requirements.txt && pip install --no-deps --no-build-isolation -e .
# torch is the build with CUDA here; PyTorch's CPU builds have other hashes.
"""


def main(pythons: list[str]) -> None:
    """Resolve once with each interpreter and write what they agree on, with markers where they differ."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for python in pythons:
        version, packages = resolve(python)
        print(f"Python {version}: {len(packages)} packages", flush=True)
        for name, exact in packages.items():
            found[name][exact].append(version)
    lines = [line for name in sorted(found) for line in render(name, found[name])]
    Path("constraints.txt").write_text(HEADER + "\n".join(lines) + "\n", "utf-8")
    Path("requirements.txt").write_text(HASHED + hashed(pythons[0]), "utf-8")


def resolve(python: str) -> tuple[str, dict[str, str]]:
    """Return the interpreter's version (`3.11`) and what pip would install with it, by canonical name."""
    with tempfile.TemporaryDirectory() as folder:
        run(python, "-m", "venv", folder)
        pip = [f"{folder}/bin/python", "-m", "pip"]
        run(*pip, "install", "-q", "--upgrade", "pip")
        report = Path(folder) / "report.json"
        run(*pip, "install", "-q", "--dry-run", "--ignore-installed", "--report", str(report), EXTRAS, *HELD)
        content = json.loads(report.read_text("utf-8"))
    metadata = [item["metadata"] for item in content["install"]]
    packages = {canonical(entry["name"]): entry["version"].split("+")[0] for entry in metadata}
    packages.pop("palaver")
    return content["environment"]["python_version"], packages


def hashed(python: str) -> str:
    """Return the packages of constraints.txt that running needs, with the hashes of all their files."""
    with tempfile.TemporaryDirectory() as folder:
        run(python, "-m", "venv", folder)
        run(f"{folder}/bin/python", "-m", "pip", "install", "-q", UV)
        written = Path(folder) / "requirements.txt"
        quiet = ("-q", "--no-header", "--no-annotate", "--output-file", str(written))
        what = ("pyproject.toml", "--extra", "all", "--constraint", "constraints.txt")
        run(
            f"{folder}/bin/uv",
            "pip",
            "compile",
            "--universal",
            "--python-version",
            "3.11",
            "--generate-hashes",
            *what,
            *quiet,
        )
        return written.read_text("utf-8")


def canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def render(name: str, versions: dict[str, list[str]]) -> list[str]:
    if len(versions) == 1:
        return [f"{name}=={next(iter(versions))}"]
    return [
        f"{name}=={exact} ; " + " or ".join(f"python_version == '{python}'" for python in pythons)
        for exact, pythons in sorted(versions.items())
    ]


def run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
