"""The way to install the app in a workspace: two pages, served by Bolt's own flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import request_response

from bot.interfaces import ASGIApp, Vault
from connectors.slack.api import library_log
from connectors.slack.installations import Installations, States
from connectors.slack.manifest import wanted_scopes
from connectors.slack.settings import SlackSettings

INSTALL, BACK = "/slack/install", "/slack/oauth_redirect"
Answer = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


def pages(settings: SlackSettings, vault: Vault, client: AsyncWebClient) -> Mapping[str, ASGIApp]:
    """Return the pages by path."""
    flow = AsyncOAuthFlow(
        client=client,
        logger=library_log(),
        settings=AsyncOAuthSettings(
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value() if settings.client_secret else "",
            scopes=sorted(wanted_scopes()),
            redirect_uri=settings.redirect_url or None,
            install_path=INSTALL,
            redirect_uri_path=BACK,
            installation_store=Installations(vault),
            installation_store_bot_only=True,
            state_store=States(vault),
        ),
    )
    return {INSTALL: _page(flow.handle_installation), BACK: _page(flow.handle_callback)}


def _page(answer: Answer) -> ASGIApp:
    async def respond(request: Request) -> Response:
        if request.method != "GET":
            return Response(status_code=405, headers={"Allow": "GET"})
        return to_starlette_response(await answer(to_async_bolt_request(request, b"")))

    return request_response(respond)
