"""What is measured under load, one a file: its name is the name on the command line.

Each offers `async def run(scale: float, folder: Path) -> Found`; `folder` is its own and empty, `scale` 1 is the whole
measurement and less a shorter one.
"""
