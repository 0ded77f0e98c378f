"""The rows of the matrix in docs/reliability.md: which cases try them, which tests hold them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.plugins import load_plugin, plugin_names
from tests.faults import cases

MATRIX = (*(f"F{number}" for number in range(1, 26)), *(f"S{number}" for number in range(1, 20)))

_ADMIN, _HTTP, _SLACK, _TELEGRAM = (f"tests/unit/{room}" for room in ("admin", "http", "slack", "telegram"))
_STORE, _BROKER = "tests/unit/store", "tests/integration/broker"

ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "F2": (
        f"{_BROKER}/test_broker_faults.py::test_another_worker_takes_over_from_one_that_was_killed",
        f"{_BROKER}/test_broker_faults.py::test_without_another_worker_the_prompt_is_late",
    ),
    "F14": (
        f"{_STORE}/test_owning.py::test_open_messages_come_in_the_order_they_were_written",
        f"{_STORE}/test_owning.py::test_a_message_older_than_an_answered_one_is_marked_late",
        f"{_STORE}/test_accepting.py::test_a_lone_message_is_due_at_once_and_the_next_of_a_burst_waits_a_little",
    ),
    "F20": (
        f"{_TELEGRAM}/test_sending.py::test_nobody_listening_means_not_sent",
        f"{_TELEGRAM}/test_sending.py::test_a_connection_that_never_stands_means_not_sent",
        "tests/unit/test_delivery.py::test_with_hold_an_unconfirmed_part_is_never_sent_again",
    ),
    "F22": (
        f"{_BROKER}/test_broker_faults.py::test_a_worker_with_another_clock_is_no_harm",
        f"{_SLACK}/test_http_mode.py::test_a_replay_is_let_in_for_five_minutes_only",
        "tests/unit/operations/test_worrying.py::test_a_clock_that_is_off_is_named_in_readyz_and_once_in_the_log",
    ),
    "S1": (f"{_SLACK}/test_signature.py", f"{_SLACK}/test_http_mode.py"),
    "S2": (
        f"{_TELEGRAM}/test_webhook.py::test_a_stranger_is_turned_away",
        f"{_TELEGRAM}/test_webhook.py::test_odd_headers_are_turned_away_too",
        f"{_TELEGRAM}/test_webhook.py::test_the_body_of_a_stranger_is_not_even_read",
    ),
    "S3": (f"{_HTTP}/test_guard.py",),
    "S4": (
        "tests/unit/test_untrusted.py",
        f"{_TELEGRAM}/test_intake.py",
        f"{_TELEGRAM}/test_webhook.py::test_an_authentic_body_that_cannot_be_used_gets_200_and_is_kept",
        f"{_TELEGRAM}/test_webhook.py::test_a_poisoned_update_does_not_block_the_chat",
        f"{_SLACK}/test_http_mode.py::test_an_authentic_body_that_cannot_be_used_gets_200_and_is_kept",
    ),
    "S5": ("tests/unit/test_text.py",),
    "S6": (
        f"{_SLACK}/test_escaping.py",
        f"{_SLACK}/test_sending.py::test_models_words_can_call_nobody_link_nowhere_and_show_no_preview",
        f"{_TELEGRAM}/test_rendering.py",
        f"{_TELEGRAM}/test_sending.py::test_a_part_arrives_without_a_preview",
    ),
    "S7": (
        f"{_STORE}/test_accepting.py::test_chats_threads_accounts_and_channels_never_share_a_conversation",
        "tests/unit/web/test_sessions.py::test_two_browsers_never_share_a_conversation",
        "tests/unit/nlg/test_robustness_checks.py",
    ),
    "S8": ("tests/unit/test_limits.py",),
    "S9": (
        f"{_ADMIN}/test_every_page.py::test_payloads_are_shown_as_text_on_every_page",
        "tests/unit/test_cells.py",
        "tests/browser/test_admin.py::test_sixty_payloads_run_nothing_on_any_page",
    ),
    "S10": (
        f"{_ADMIN}/test_every_page.py::test_a_change_is_refused_unless_our_own_form_asks_for_it",
        f"{_ADMIN}/test_every_page.py::test_a_change_is_never_made_by_an_address_alone",
    ),
    "S11": (f"{_ADMIN}/test_throttle.py",),
    "S12": (
        f"{_ADMIN}/test_sessions.py",
        f"{_ADMIN}/test_entry.py::test_over_https_the_cookie_is_bound_to_this_host",
    ),
    "S13": (
        f"{_STORE}/test_searching.py",
        f"{_STORE}/test_injections.py",
        f"{_ADMIN}/test_every_page.py::test_what_no_database_can_take_is_refused",
    ),
    "S14": (
        "tests/unit/nlg/test_checkpoint.py",
        f"{_BROKER}/test_broker_worker.py::test_a_model_that_cannot_be_trusted_leaves_the_one_that_can_at_work",
    ),
    "S15": (f"{_BROKER}/test_broker_forgeries.py",),
    "S16": (
        "tests/contracts/test_rasa_actions_http.py::test_bombs_and_giants_are_refused_and_leave_the_memory_flat",
        "tests/contracts/test_rasa_actions_http.py::test_with_a_token_only_who_bears_it_is_served",
    ),
    "S17": ("tests/unit/writers/test_openai_writer.py",),
    "S18": (
        "tests/integration/test_erasing.py",
        f"{_STORE}/test_persons.py::test_a_late_retry_brings_nothing_back_and_an_edit_finds_nothing",
    ),
    "S19": (
        "tests/unit/operations/test_logs.py",
        "tests/unit/operations/test_redaction.py",
        "tests/integration/test_rasa_faults.py::test_nothing_of_a_conversation_is_in_any_log",
    ),
}
"""Tests that hold a row, as pytest names them. They run with all others, and by `--case` with the name of the row."""


def rows_of(case: str) -> tuple[str, ...]:
    """Return the rows that a case tries. Raises `SettingsError` for a case that there is not."""
    rows: tuple[str, ...] = load_plugin(cases, case).ROWS
    return rows


def cases_of(asked: str) -> list[str]:
    """Return the cases that are meant by a name (`kill`) or a row (`F9`); a row may have none, only tests.

    Raises `SettingsError` for what is neither.
    """
    if asked.upper() not in MATRIX:
        load_plugin(cases, asked)
        return [asked]
    return [case for case in plugin_names(cases) if asked.upper() in rows_of(case)]
