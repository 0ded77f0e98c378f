"""For whoever runs the bot: logs, metrics, and the doctor who says what is wrong and what to do."""
