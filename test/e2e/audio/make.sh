#!/bin/sh
# Encodes one clip into the audio formats that users send. Needs ffmpeg with libmp3lame, libopus and libvorbis, sox and Python. The
# files are committed, so the tests need no ffmpeg. Their licence: ../../audio/LICENSE.md
set -eu
cd "$(dirname "$0")"
encode() { ffmpeg -nostdin -v error -y -i ../../audio/en_agent-user.flac -map_metadata -1 -fflags +bitexact "$@"; }

encode -ac 1 -ar 16000 agent.wav
encode -ac 1 -ar 22050 agent.flac
encode -ac 2 -ar 44100 -c:a libmp3lame -b:a 64k agent.mp3
encode -ac 2 -ar 44100 -c:a libmp3lame -b:a 64k agent-mp3.wav
sox agent.wav -r 8000 -e gsm-full-rate agent-gsm.wav
encode -ac 2 -ar 44100 -c:a aac -b:a 64k agent.m4a
encode -ac 1 -ar 48000 -c:a aac -b:a 48k agent.mp4
stream=$(mktemp -d)/stream.ts
encode -ac 1 -ar 44100 -c:a aac -b:a 48k "$stream"
python3 -B ../../audio/transport-time-codes.py "$stream" agent.m2ts
encode -ac 2 -ar 44100 -c:a libvorbis -q:a 2 agent.ogg
encode -ac 1 -ar 48000 -c:a libopus -b:a 32k agent-opus.ogg
encode -ac 1 -ar 48000 -c:a libopus -b:a 32k agent.webm
plain=$(mktemp -d)/plain.mkv
encode -ac 2 -ar 44100 -c:a aac -b:a 64k "$plain"
python3 -B ../../audio/compress-matroska.py "$plain" agent-zlib.mkv
