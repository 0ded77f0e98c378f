"""The faults, one a file: its name is the name on the command line.

Each offers `def options(asked: Options) -> Options | None`, what its trial is made of, `None` where it makes no sense,
and `async def run(stage: Stage) -> list[Row]`.
"""
