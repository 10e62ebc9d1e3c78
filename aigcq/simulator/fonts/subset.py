"""Make `wqy-microhei-subset.ttf` again, from Debian's package fonts-wqy-microhei.

    apt-get download fonts-wqy-microhei && dpkg-deb -x fonts-wqy-microhei_*.deb wqy
    python aigcq/simulator/fonts/subset.py wqy/usr/share/fonts/truetype/wqy/wqy-microhei.ttc

Needs fonttools, which is a development dependency.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

OUTPUT = Path(__file__).with_name("wqy-microhei-subset.ttf")

RANGES = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x017F),  # Latin-1 and Latin Extended-A
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x045F),  # Cyrillic
    (0x2010, 0x203F),  # punctuation
    (0x20A0, 0x20BF),  # currencies
    (0x2100, 0x22FF),  # letter-like signs, arrows, mathematics
    (0x2460, 0x24FF),  # circled figures
    (0x2500, 0x267F),  # boxes, shapes, signs
    (0x3000, 0x30FF),  # CJK punctuation, kana
    (0xFF00, 0xFFEF),  # full-width forms
)


def _table(codec: str, leads: range, trails: range) -> set[str]:
    """Return every character that `codec` writes as two bytes from `leads` × `trails`."""
    pairs = (bytes(pair).decode(codec, "ignore") for pair in itertools.product(leads, trails))
    return {character for pair in pairs for character in pair}


def characters() -> set[str]:
    """Return what the subset holds: GB2312 (both levels), Big5 level 1, and `RANGES`."""
    ranged = {chr(code) for first, last in RANGES for code in range(first, last + 1)}
    simplified = _table("gb2312", range(0xA1, 0xF8), range(0xA1, 0xFF))
    traditional = _table("big5", range(0xA4, 0xC7), range(0x40, 0xFF))
    return ranged | simplified | traditional


def main(source: str) -> None:
    """Write the subset of the font in `source`."""
    command = [
        "pyftsubset", source, "--font-number=0", f"--output-file={OUTPUT}", f"--text={''.join(sorted(characters()))}",
        "--layout-features=", "--no-hinting", "--notdef-outline", "--drop-tables+=GSUB,GPOS,GDEF,BASE,vhea,vmtx,FFTM",
        "--name-IDs=0,1,2,3,4,5,6,13,14",
    ]  # fmt: skip
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1])
