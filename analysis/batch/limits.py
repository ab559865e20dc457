"""An IPython extension that the batch loads into its kernels: the memory that a run may take (`ALTRO_MEMORY`, bytes; Linux)."""

from __future__ import annotations

import os
import sys
from typing import Any


def load_ipython_extension(_: Any) -> None:
    """Past the limit an allocation fails in the cell that asks for it, instead of the system ending some process."""
    limit = os.environ.get("ALTRO_MEMORY")
    if limit and sys.platform == "linux":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        soft = int(limit) if hard == resource.RLIM_INFINITY else min(int(limit), hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
