"""The release before this one, out of the repository's own history: two run side by side in a rolling upgrade."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from chaos.processes import ROOT

PREVIOUS = "e0e1431"
"""The newest commit whose workers may still run somewhere; nothing is tagged yet. It moves with each release."""


def unpack(revision: str, folder: Path) -> Path | None:
    """Write the tree of `revision` into `folder` and return it; None if this checkout does not have that commit."""
    made = subprocess.run(["git", "-C", ROOT, "archive", "--format=tar", revision], capture_output=True, check=False)
    if made.returncode:
        return None
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder
