#!/bin/sh
# Encodes a quarter of a second of speech, or less, in every container and codec. The files have a few kilobytes, so the
# fuzzer needs little time for each. The repository contains the files. Needs ffmpeg with libmp3lame, libopus, libvorbis
# and libspeex, and sox.
set -eu
cd "$(dirname "$0")"
out=seeds
rm -rf "$out"
mkdir "$out"
plain=$(mktemp -d)/plain

exact="-map_metadata -1 -fflags +bitexact -flags +bitexact -metadata_header_padding 0"
encode() { ffmpeg -nostdin -v error -y "$@"; }
speech="-ss 0.5 -t 0.25 -i ../../../test/audio/jfk.flac"
from() { encode $speech $exact "$@"; }
pcm() { from -ac 1 -ar 8000 -t 0.05 "$@"; }

# PCM in every container that supports it.
for type in u8 s16le s24le s32le f32le f64le alaw mulaw; do
  pcm -c:a pcm_$type "$out/$type.wav"
done
pcm -ac 6 -channel_layout 5.1 "$out/surround.wav"
pcm -c:a adpcm_ima_wav "$out/ima.wav"
pcm -c:a adpcm_ms "$out/ms.wav"
pcm -ac 2 -c:a adpcm_ima_wav "$out/ima-stereo.wav"
pcm -ac 2 -c:a adpcm_ms "$out/ms-stereo.wav"
pcm -rf64 always "$out/rf64.wav"
pcm -f wav - > "$out/streamed.wav"
pcm "$out/w64.w64"
for type in s16be mulaw f64be; do pcm -c:a pcm_$type "$out/$type.au"; done
for type in s16be s24be mulaw f32be s16le; do pcm -c:a pcm_$type "$out/$type.aiff"; done
for type in s16be s24le alaw f64be; do pcm -c:a pcm_$type "$out/$type.caf"; done
pcm -c:a adpcm_ima_qt "$out/ima.caf"
pcm -c:a pcm_s16le "$out/s16le.mkv"
pcm -c:a pcm_f32le "$out/f32le.mkv"
pcm -c:a pcm_s16be "$out/s16be.mov"
pcm -c:a pcm_mulaw "$out/mulaw.mov"
pcm -c:a adpcm_ima_qt "$out/ima.mov"

# Lossless codecs, with few frames.
lossless="-ac 2 -ar 8000 -t 0.1"
from $lossless "$out/flac.flac"
from $lossless -f flac - > "$out/streamed.flac"
from $lossless -sample_fmt s32 "$out/24-bit.flac"
for container in ogg mkv mp4; do from $lossless -c:a flac -strict -2 "$out/flac.$container"; done
for container in m4a caf mkv; do from $lossless -c:a alac "$out/alac.$container"; done

# MPEG audio.
from -ac 1 -c:a libmp3lame -b:a 32k "$out/mono.mp3"
from -ac 2 -joint_stereo 1 -c:a libmp3lame -b:a 48k -id3v2_version 3 -metadata title=seed "$out/joint.mp3"
from -ac 2 -c:a libmp3lame -q:a 7 -ar 22050 -write_xing 0 "$out/vbr.mp3"
from -ac 1 -c:a libmp3lame -b:a 8k -ar 11025 "$out/mpeg2.5.mp3"
from -ac 1 -c:a mp2 -b:a 64k "$out/layer2.mp2"
from -ac 1 -c:a libmp3lame -b:a 32k "$out/mp3.mkv"
from -ac 1 -c:a libmp3lame -b:a 32k "$out/mp3.mp4"
from -ac 1 -c:a libmp3lame -b:a 32k "$out/mp3.wav"
from -ac 1 -c:a mp2 -b:a 64k "$out/mp2.wav"
from -ac 1 -c:a libmp3lame -b:a 32k -f mpegts "$out/mp3.mpegts"

# AAC.
aac="-c:a aac -b:a 24k"
for container in aac mkv mov; do from -ac 1 $aac "$out/aac.$container"; done
from -ac 2 $aac -b:a 48k "$out/aac.m4a"
from -ac 2 $aac -b:a 48k "$out/stereo.aac"
from -ac 1 $aac -movflags +faststart "$out/faststart.mp4"
from -ac 1 $aac -movflags +frag_keyframe+empty_moov+default_base_moof -frag_duration 100000 "$out/fragmented.mp4"
from -ac 1 $aac -movflags +frag_keyframe -frag_duration 100000 "$out/fragmented-late.mp4"
encode -f lavfi -i color=c=black:s=16x16:r=5:d=0.25 $speech $exact -ac 1 -c:v mpeg4 $aac "$out/video.mp4"
encode $speech $speech $exact -map 0 -map 1 -ac 1 $aac "$out/two-tracks.mp4"

# The extension "ts" would be that of TypeScript files.
from -ac 1 $aac -f mpegts "$out/aac.mpegts"
encode -f lavfi -i color=c=black:s=16x16:r=5:d=0.25 $speech $exact -ac 1 -c:v mpeg2video $aac -f mpegts "$out/video.mpegts"
from -ac 1 $aac "$plain.mkv"
python3 -B ../../../test/audio/compress-matroska.py "$plain.mkv" "$out/zlib.mkv"

# GSM, which only sox encodes.
pcm "$plain.wav"
sox "$plain.wav" -e gsm-full-rate "$out/gsm.wav"

# Vorbis, Opus, and Speex, which the decoder does not support.
opus="-ac 1 -c:a libopus -b:a 16k"
for container in ogg webm mp4 caf; do from $opus "$out/opus.$container"; done
from $opus -ac 2 -b:a 32k -application lowdelay "$out/celt.ogg"
from $opus -application voip -frame_duration 60 "$out/silk.ogg"
from $opus -f webm -live 1 - > "$out/opus-live.webm"
from -ac 1 -c:a libvorbis -q:a 0 -ar 16000 "$out/vorbis.ogg"
from -ac 2 -c:a libvorbis -q:a 0 -ar 16000 "$out/vorbis.webm"
from -ac 6 -channel_layout 5.1 -c:a libvorbis -q:a 0 -ar 8000 "$out/vorbis-surround.ogg"
from -ac 1 -ar 8000 -c:a libspeex "$out/speex.ogg"
cat "$out/opus.ogg" "$out/flac.ogg" > "$out/chained.ogg"
