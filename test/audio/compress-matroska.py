"""Compresses every frame of a Matroska file with zlib, as mkvmerge does with `--compression 0:zlib`. With --configuration, also
compresses the codec's configuration. The frames must have no lacing. Leaves out the index, because its positions change.

Usage: python3 -B test/audio/compress-matroska.py [--configuration] FROM TO
"""

import argparse
import zlib
from pathlib import Path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--configuration", action="store_true")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    arguments.target.write_bytes(compress(arguments.source.read_bytes(), arguments.configuration))


def compress(file, configuration=False):
    return b"".join(_rewrite(identifier, content, configuration) for identifier, content in _children(file))


# --- internal ---

PARENTS = {b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\x16\x54\xae\x6b", b"\xae", b"\xa0"}
BLOCKS = {b"\xa3", b"\xa1"}
# The seek head, the index, and padding.
LEFT_OUT = {b"\x11\x4d\x9b\x74", b"\x1c\x53\xbb\x6b", b"\xec"}
TRACK = b"\xae"
CONFIGURATION = b"\x63\xa2"
BLOCK_HEADER = 4


def _rewrite(identifier, content, configuration):
    if identifier in LEFT_OUT:
        return b""
    if identifier in BLOCKS:
        content = content[:BLOCK_HEADER] + zlib.compress(content[BLOCK_HEADER:])
    elif identifier == CONFIGURATION and configuration:
        content = zlib.compress(content)
    elif identifier in PARENTS:
        parts = [_rewrite(child, inner, configuration) for child, inner in _children(content)]
        if identifier == TRACK:
            # The compression has default values, so its element is empty.
            scope = _element(b"\x50\x32", bytes([3 if configuration else 1]))
            encoding = _element(b"\x62\x40", scope + _element(b"\x50\x34", b""))
            parts.append(_element(b"\x6d\x80", encoding))
        content = b"".join(parts)
    return _element(identifier, content)


def _children(content):
    position = 0
    while position < len(content):
        identifier = content[position : position + _length(content[position])]
        position += len(identifier)
        bytes_of_size = _length(content[position])
        size = int.from_bytes(content[position : position + bytes_of_size], "big") - (1 << 7 * bytes_of_size)
        position += bytes_of_size
        yield identifier, content[position : position + size]
        position += size


def _length(first):
    return 9 - first.bit_length()


def _element(identifier, content):
    return identifier + (len(content) | 1 << 56).to_bytes(8, "big") + content


if __name__ == "__main__":
    main()
