"""Adds a time code of four bytes before each packet of an MPEG transport stream, as in m2ts files.

Usage: python3 -B test/audio/transport-time-codes.py FROM TO
"""

import sys
from pathlib import Path

PACKET = 188
source, target = sys.argv[1:]
file = Path(source).read_bytes()
packets = [file[at : at + PACKET] for at in range(0, len(file), PACKET)]
Path(target).write_bytes(b"".join(n.to_bytes(4, "big") + packet for n, packet in enumerate(packets)))
