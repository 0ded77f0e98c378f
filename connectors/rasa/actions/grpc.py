"""rasa-sdk's own gRPC service: tokens stream, `AckStreamChunks` stops them. Our server around it asks for the token."""

from __future__ import annotations

import asyncio
import hmac
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from opentelemetry import context as tracing
from opentelemetry import propagate
from rasa_sdk.grpc_py import action_webhook_pb2_grpc
from rasa_sdk.grpc_server import GRPC_ACTION_SERVER_NAME, GRPCActionServerWebhook
from rasa_sdk.tracing.utils import get_tracer_provider

from bot.errors import SettingsError
from connectors.rasa.actions.executor import DiscreetExecutor
from connectors.rasa.settings import ActionsSettings

HEALTH = "/grpc.health.v1.Health/"
GRACE_SECONDS = 5.0


def run(settings: ActionsSettings, executor: DiscreetExecutor) -> None:
    """Serve until SIGTERM or SIGINT. Raises `SettingsError` when it cannot listen."""
    asyncio.run(_run(settings, executor))


async def make_server(settings: ActionsSettings, executor: DiscreetExecutor) -> tuple[aio.Server, int]:
    """Return the server, not yet started, and its port. Raises `SettingsError`."""
    limit = settings.body_limit
    # gRPC looks at the size of a message after unpacking it, too.
    sizes = [("grpc.max_receive_message_length", limit), ("grpc.so_reuseport", 0)]
    server = aio.server(interceptors=[Gate(settings)], options=sizes, compression=grpc.Compression.Gzip)
    service = GRPCActionServerWebhook(executor, False, get_tracer_provider(settings.endpoints))
    action_webhook_pb2_grpc.add_ActionServiceServicer_to_server(service, server)
    healthy = health.aio.HealthServicer()
    await healthy.set(GRPC_ACTION_SERVER_NAME, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    return server, _listen(server, settings)


def _listen(server: aio.Server, settings: ActionsSettings) -> int:
    address = f"{settings.host}:{settings.port}"
    try:
        if settings.certificate:
            return int(server.add_secure_port(address, _credentials(settings)))
        return int(server.add_insecure_port(address))
    except (RuntimeError, OSError) as error:
        raise SettingsError(
            f"PALAVER_ACTIONS_PORT: cannot listen on {address} ({type(error).__name__}). Choose another port."
        ) from None


def _credentials(settings: ActionsSettings) -> grpc.ServerCredentials:
    key, certificate = Path(settings.key).read_bytes(), Path(settings.certificate).read_bytes()
    authority = Path(settings.authority).read_bytes() if settings.authority else None
    return grpc.ssl_server_credentials([(key, certificate)], authority, authority is not None)


async def _run(settings: ActionsSettings, executor: DiscreetExecutor) -> None:
    server, _ = await make_server(settings, executor)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await server.start()
    await stopped.wait()
    await server.stop(GRACE_SECONDS)


class Gate(aio.ServerInterceptor):
    """Lets in who bears the token, and works inside the caller's trace. Health checks need neither."""

    def __init__(self, settings: ActionsSettings) -> None:
        self._secret = b"Bearer " + settings.token.get_secret_value().encode() if settings.token else b""

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]], details: grpc.HandlerCallDetails
    ) -> Any:
        metadata = {key: value for key, value in details.invocation_metadata or () if isinstance(value, str)}
        if details.method.startswith(HEALTH) or self._knows(metadata):
            # The call runs in the task that asks us, so what is attached here is seen there, and ends with it.
            tracing.attach(propagate.extract(metadata))
            return await continuation(details)
        handler = await continuation(details)
        return _refusing(handler)

    def _knows(self, metadata: Mapping[str, str]) -> bool:
        given = metadata.get("authorization", "").encode()
        return not self._secret or hmac.compare_digest(given, self._secret)


def _refusing(handler: Any) -> Any:
    """Return a handler of the same kind that only says no."""

    async def refuse(_: Any, context: aio.ServicerContext) -> None:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Send PALAVER_ACTIONS_TOKEN as authorization metadata.")

    if handler is None:
        return None
    if handler.response_streaming:

        async def refuse_stream(request: Any, context: aio.ServicerContext) -> Any:
            await refuse(request, context)
            yield

        return grpc.unary_stream_rpc_method_handler(refuse_stream)
    return grpc.unary_unary_rpc_method_handler(refuse)
