"""Says what a figure was measured on."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import psutil


def machine() -> dict[str, str]:
    """Return the processor, memory, system, Python, and how busy the machine was."""
    cpu = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", cpu.read_text()) if cpu.exists() else None
    return {
        "processor": f"{named[1] if named else platform.processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }
