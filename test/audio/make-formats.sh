#!/bin/sh
# Encodes three seconds of speech into every format of test/audio/formats. Needs ffmpeg with libmp3lame,
# libopus and libvorbis; the files it makes are committed, so the tests need nothing.
set -eu
cd "$(dirname "$0")"
out=formats
rm -rf "$out"
mkdir -p "$out/refused"

encode() { ffmpeg -nostdin -v error -y "$@"; }
exact="-map_metadata -1 -fflags +bitexact -flags +bitexact"

# Two different voices left and right, so that a wrong downmix is heard.
stereo=$(mktemp -d)/stereo.wav
encode -ss 0.3 -i jfk.flac -i en_agent-user.flac -filter_complex \
  "[0:a]pan=mono|c0=c0[l];[1:a]aresample=44100[r];[l][r]join=inputs=2:channel_layout=stereo" \
  -t 3 $exact "$stereo"
from() { encode -i "$stereo" "$@"; }

# What every decoder should give, by another decoder and resampler.
from $exact -ac 1 -ar 16000 "$out/reference.wav"

short="-t 1"

# PCM: every sample type, then rates, channels and lengths that headers do not tell.
for type in u8 s16le s24le s32le f32le f64le; do
  encode -i "$out/reference.wav" $exact $short -c:a pcm_$type "$out/wav-$type.wav"
done
from $exact -ac 1 -ar 8000 "$out/wav-8k.wav"
from $exact -ac 1 -ar 11025 "$out/wav-11k.wav"
from $exact -ac 1 -ar 44287 $short "$out/wav-odd-rate.wav"
from $exact -ar 96000 -c:a pcm_s16le $short "$out/wav-96k-stereo.wav"
from $exact $short -ar 16000 -af "pan=5.1|FL=FL|FR=FR|FC=0*FL|LFE=0*FL|BL=0*FL|BR=0*FL" "$out/wav-surround.wav"
from $exact -ac 1 -ar 16000 -f wav - > "$out/wav-streamed.wav"
from $exact -ac 1 -ar 16000 "$out/aiff.aiff"
from $exact -ac 1 -ar 16000 -c:a pcm_s16be "$out/caf.caf"

# Lossless.
from $exact -ar 48000 "$out/flac.flac"
from $exact -ar 16000 -f flac - > "$out/flac-streamed.flac"
from $exact -ar 16000 -c:a alac "$out/alac.m4a"
from $exact -ar 16000 -c:a alac "$out/alac.caf"
from $exact -ar 16000 -c:a flac "$out/flac.ogg"

# mp3: constant and variable rate, with and without the header that tells delay and length.
from $exact -c:a libmp3lame -b:a 96k "$out/mp3.mp3"
from $exact -c:a libmp3lame -q:a 4 "$out/mp3-vbr.mp3"
from $exact -c:a libmp3lame -b:a 96k -write_xing 0 "$out/mp3-no-xing.mp3"
from $exact -c:a libmp3lame -q:a 4 -write_xing 0 "$out/mp3-vbr-no-xing.mp3"
from $exact -c:a libmp3lame -ac 1 -ar 22050 -b:a 48k "$out/mp3-mpeg2.mp3"
from $exact -c:a libmp3lame -ac 1 -ar 11025 -b:a 24k "$out/mp3-mpeg2.5.mp3"
cat "$out/mp3.mp3" "$out/mp3.mp3" > "$out/mp3-joined.mp3"

# AAC in everything it comes in.
aac="-c:a aac -b:a 96k"
video="-f lavfi -i color=c=black:s=32x32:r=5:d=3"
from $exact $aac "$out/aac.m4a"
encode -i "$out/reference.wav" $exact -ar 22050 -c:a aac -b:a 48k "$out/aac-22k.m4a"
from $exact $aac -movflags +faststart "$out/aac-faststart.mp4"
from $exact $aac -movflags +frag_keyframe+empty_moov+default_base_moof -frag_duration 500000 "$out/aac-fragmented.mp4"
from $exact $aac "$out/aac.mov"
from $exact $aac "$out/aac.mkv"
from $exact $aac "$out/aac.aac"
encode $video -i "$stereo" $exact -c:v mpeg4 $aac "$out/aac-with-video.mp4"
encode -f lavfi -i sine=d=3:r=44100 -i "$stereo" -map 0 -map 1 $exact $aac -disposition:0 0 -disposition:1 default \
  "$out/aac-second-track.mp4"

# Vorbis and Opus, also as a live encoder writes them: without length or index.
opus="-c:a libopus -b:a 48k"
from $exact -c:a libvorbis -q:a 4 "$out/vorbis.ogg"
from $exact -c:a libvorbis -q:a 4 "$out/vorbis.webm"
from $exact $opus "$out/opus.ogg"
from $exact $opus "$out/opus.webm"
from $exact $opus -f webm -live 1 - > "$out/opus-streamed.webm"
from $exact $opus "$out/opus.mkv"
from $exact $opus "$out/opus.mp4"
cat "$out/opus.ogg" "$out/vorbis.ogg" > "$out/chained.ogg"

# What is refused by name.
short="-t 0.3"
from $exact $short -c:a ac3 "$out/refused/ac3.ac3"
from $exact $short -c:a ac3 "$out/refused/ac3.mp4"
from $exact $short -c:a wmav2 "$out/refused/wma.wma"
from $exact $short -c:a wavpack "$out/refused/wavpack.wv"
from $exact $short -ac 1 -ar 16000 -c:a libspeex "$out/refused/speex.ogg"
from $exact $short -c:a mp2 -f mpegts "$out/refused/mpeg-ts.ts"
from $exact $short -c:a adpcm_g722 -ar 16000 -ac 1 "$out/refused/g722.wav"
from $exact $short -ac 6 $aac "$out/refused/aac-surround.m4a"
from $exact $short -ac 6 $opus "$out/refused/opus-surround.ogg"
encode $video $exact -t 0.3 -c:v mpeg4 "$out/refused/no-audio.mp4"
