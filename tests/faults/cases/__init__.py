"""The faults, one a file: its name is the name on the command line.

Each offers `ROWS`, the rows of the matrix in docs/reliability.md that it tries, `def options(asked: Options) ->
Options | None`, what its trial is made of, `None` where it makes no sense, and `async def run(stage: Stage) ->
list[Row]`. One whose fault may come at any time also offers it alone, for the soak: `async def strike(stage: Stage,
dice: Random) -> None`.
"""
