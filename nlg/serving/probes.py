"""Says whether a worker is ready: by a file, for Docker, and over HTTP, for Kubernetes and Prometheus."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST

LOOK_SECONDS = 0.5

Trouble = Callable[[], str]
"""Returns why no prompt is taken now (the broker is away, the worker leaves), empty when all is well."""


class ReadyFile:
    """A file that is there, and touched again and again, while there is no trouble; whoever looks may ask its age."""

    def __init__(self, path: Path, trouble: Trouble) -> None:
        self._path, self._trouble = path, trouble
        self._closing = threading.Event()
        self._path.unlink(missing_ok=True)  # of a worker that was killed
        self._thread = threading.Thread(target=self._run, name="ready-file", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            if self._trouble():
                self._path.unlink(missing_ok=True)
            else:
                self._path.touch()
        self._path.unlink(missing_ok=True)


class ProbeServer:
    """Serves `/healthz`, `/readyz` and `/metrics`. Raises `OSError` when it cannot listen there."""

    def __init__(self, host: str, port: int, trouble: Trouble, exposition: Callable[[], bytes]) -> None:
        answers: dict[str, Callable[[], tuple[int, str, bytes]]] = {
            "/healthz": lambda: _json(200, {"alive": True}),
            "/readyz": lambda: _ready(trouble()),
            "/metrics": lambda: (200, CONTENT_TYPE_LATEST, exposition()),
        }

        class Handler(BaseHTTPRequestHandler):
            timeout = 5.0

            def do_GET(self) -> None:
                answer = answers.get(self.path.partition("?")[0])
                status, kind, body = answer() if answer else _json(404, {"error": "unknown path"})
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Probes come every few seconds; nobody wants to read about them."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="probes", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _ready(trouble: str) -> tuple[int, str, bytes]:
    return _json(503 if trouble else 200, {"ready": not trouble, "reason": trouble})


def _json(status: int, body: dict[str, object]) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(body).encode()
