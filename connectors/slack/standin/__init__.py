"""A Slack on this machine: for tests, and to try the connector without a workspace.

async with StandIn() as slack:
    # connect to slack.api_url with slack.bot_token and slack.app_token
    await slack.say("hello")
    print(await slack.reply("D0PERSON"))
"""

from connectors.slack.standin.faults import Chance, Fault
from connectors.slack.standin.server import StandIn

__all__ = ["Chance", "Fault", "StandIn"]
