"""Style sheets, scripts and pictures of the pages, from the package itself: nothing comes from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

COMMON = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
YEAR = 31_536_000


class Static:
    """The files of `bot/admin/static/` and of each group's `static/`, held in memory.

    A path carries the digest of the file, so that browsers may keep it for good.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._files = {path.name: path.read_bytes() for path in _listed(COMMON)}
        for name, folder in folders.items():
            self._files |= {f"{name}/{path.name}": path.read_bytes() for path in _listed(folder / "static")}

    def path(self, name: str) -> str:
        """Return where a file is: `base.css`, or `people/list.js` of a group. Raises `KeyError`."""
        return f"/static/{name}?{_version(self._files[name])}"

    def route(self) -> Route:
        return Route("/static/{name:path}", self._give, methods=["GET"])

    async def _give(self, request: Request) -> Response:
        name = request.path_params["name"]
        body = self._files.get(name)
        if body is None:
            return Response(status_code=404)
        tag = f'"{_version(body)}"'
        caching = f"public, max-age={YEAR}, immutable" if request.url.query == _version(body) else "no-cache"
        headers = {"Cache-Control": caching, "ETag": tag}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=KINDS[Path(name).suffix], headers=headers)


def _version(body: bytes) -> str:
    return sha256(body).hexdigest()[:16]


def _listed(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in KINDS) if folder.is_dir() else []
