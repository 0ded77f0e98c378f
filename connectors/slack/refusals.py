"""Slack's error codes, by what they mean for a message that we were sending.

Source: docs.slack.dev/reference/methods/chat.postMessage, section Errors, and codes seen in the wild.
"""

from __future__ import annotations


def _codes(names: str) -> frozenset[str]:
    return frozenset(names.split())


LOCKED = _codes("""
    accesslimited account_inactive app_disabled app_missing enterprise_is_restricted invalid_auth invalid_token
    missing_scope not_allowed_token_type not_authed team_access_not_granted token_expired token_revoked
    two_factor_setup_required
""")
"""Nothing at all can be sent until the owner mends the token, its scopes or the installation."""

LATER = _codes("""
    external_channel_migrating message_limit_exceeded org_login_required rate_limited ratelimited team_added_to_org
""")
"""Slack said no for now: a limit, or a workspace on the move."""

DOUBTFUL = _codes("""
    duplicate_message_not_found fatal_error internal_error request_timeout service_unavailable
""")
"""Slack's own failures, of which it says that some aspect of the operation may have succeeded before.

`duplicate_message_not_found` is about our `client_msg_id`: Slack knows it, so an earlier attempt was seen.
"""

REFUSED = _codes("""
    access_denied as_user_not_supported cannot_dm_bot cannot_reply_to_message channel_is_limited_access
    channel_not_found deprecated_endpoint duplicate_channel_not_found ekm_access_denied invalid_arg_name
    invalid_arguments invalid_array_arg invalid_blocks invalid_blocks_format invalid_channel invalid_charset
    invalid_form_data invalid_json invalid_metadata_format invalid_metadata_schema invalid_post_type invalid_thread_ts
    is_archived is_inactive json_not_object markdown_text_conflict message_not_found messages_tab_disabled
    metadata_must_be_sent_from_app metadata_too_large method_deprecated method_not_supported_for_channel_type
    missing_charset missing_post_type msg_blocks_too_long msg_too_long no_permission no_text not_in_channel
    restricted_action restricted_action_non_threadable_channel restricted_action_read_only_channel
    restricted_action_thread_locked restricted_action_thread_only_channel team_not_found thread_not_found
    cant_update_message edit_window_closed message_not_in_streaming_state
    missing_recipient_team_id missing_recipient_user_id
    streaming_mode_mismatch too_many_attachments too_many_contact_cards unknown_method user_disabled user_not_found
""")
"""This message will never be taken in this channel."""
