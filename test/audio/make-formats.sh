#!/bin/sh
# Encodes three seconds of speech into every format of test/audio/formats. Needs ffmpeg with libmp3lame, libopus and
# libvorbis, and sox. The files are committed, so the tests need no ffmpeg.
set -eu
cd "$(dirname "$0")"
out=formats
rm -rf "$out"
mkdir -p "$out/refused"

encode() { ffmpeg -nostdin -v error -y "$@"; }
exact="-map_metadata -1 -fflags +bitexact -flags +bitexact"

# The left and the right channel contain different voices, so that a test can detect a wrong downmix.
stereo=$(mktemp -d)/stereo.wav
encode -ss 0.3 -i jfk.flac -i en_agent-user.flac -filter_complex \
  "[0:a]pan=mono|c0=c0[l];[1:a]aresample=44100[r];[l][r]join=inputs=2:channel_layout=stereo" \
  -t 3 $exact "$stereo"
from() { encode -i "$stereo" "$@"; }

# The expected samples. ffmpeg makes them, so they do not depend on our decoder and resampler.
from $exact -ac 1 -ar 16000 "$out/reference.wav"

short="-t 1"

# PCM: every sample type, several sample rates and numbers of channels, and files without a length in the header.
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

# Compressed PCM, and PCM in less common containers. The script changes bytes if ffmpeg has no option for a file.
short_mono() { encode -i "$out/reference.wav" $exact $short "$@"; }
patch() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
short_mono -c:a pcm_alaw "$out/wav-alaw.wav"
short_mono -c:a pcm_mulaw "$out/wav-mulaw.wav"
short_mono -c:a adpcm_ima_wav "$out/wav-ima-adpcm.wav"
short_mono -c:a adpcm_ms "$out/wav-ms-adpcm.wav"
from $exact $short -ar 22050 -c:a adpcm_ima_wav "$out/wav-ima-adpcm-stereo.wav"
from $exact $short -ar 22050 -c:a adpcm_ms "$out/wav-ms-adpcm-stereo.wav"
from $exact $short -c:a libmp3lame -b:a 96k "$out/wav-mp3.wav"
from $exact $short -ac 1 -ar 16000 -c:a mp2 -b:a 64k "$out/wav-mp2.wav"
# The samples of ffmpeg's decoder, at 8 kHz.
sox "$out/reference.wav" -r 8000 -e gsm-full-rate "$out/wav-gsm.wav" trim 0 1
encode -i "$out/wav-gsm.wav" -f s16le gsm-8k.s16
short_mono -rf64 always "$out/wav-rf64.wav"
cp "$out/wav-rf64.wav" "$out/wav-bw64.wav"
patch "$out/wav-bw64.wav" 0 BW64
short_mono -c:a pcm_s24le -ar 8000 -ac 4 "$out/wav-extensible.wav"
cp "$out/wav-extensible.wav" "$out/wav-extensible-no-mask.wav"
patch "$out/wav-extensible-no-mask.wav" 40 '\000\000\000\000'
cp "$out/wav-mulaw.wav" "$out/wav-size-zero.wav"
patch "$out/wav-size-zero.wav" 54 '\000\000\000\000'
for type in mulaw alaw s8 s16be s24be f32be; do short_mono -c:a pcm_$type "$out/au-$type.au"; done
short_mono -c:a pcm_mulaw -f au - > "$out/au-streamed.au"
for type in s16le s24be f32be mulaw alaw; do short_mono -c:a pcm_$type -f aiff "$out/aifc-$type.aifc"; done
short_mono -c:a adpcm_ima_qt -f aiff "$out/aifc-ima4.aifc"
for type in s24le f32be mulaw; do short_mono -c:a pcm_$type "$out/caf-$type.caf"; done
short_mono -c:a pcm_s16le "$out/pcm.mov"
short_mono -c:a adpcm_ima_qt "$out/ima4.mov"
short_mono -c:a pcm_s24be "$out/pcm-s24be.mov"
short_mono -c:a pcm_s16le "$out/pcm.mkv"

# Lossless formats.
from $exact -ar 48000 "$out/flac.flac"
from $exact -ar 16000 -f flac - > "$out/flac-streamed.flac"
from $exact -ar 16000 -c:a alac "$out/alac.m4a"
from $exact -ar 16000 -c:a alac "$out/alac.caf"
from $exact -ar 16000 -c:a flac "$out/flac.ogg"

# mp3: constant and variable bit rate, with and without the header that contains the delay and the length.
from $exact -c:a libmp3lame -b:a 96k "$out/mp3.mp3"
from $exact -c:a libmp3lame -q:a 4 "$out/mp3-vbr.mp3"
from $exact -c:a libmp3lame -b:a 96k -write_xing 0 "$out/mp3-no-xing.mp3"
from $exact -c:a libmp3lame -q:a 4 -write_xing 0 "$out/mp3-vbr-no-xing.mp3"
from $exact -c:a libmp3lame -ac 1 -ar 22050 -b:a 48k "$out/mp3-mpeg2.mp3"
from $exact -c:a libmp3lame -ac 1 -ar 11025 -b:a 24k "$out/mp3-mpeg2.5.mp3"
cat "$out/mp3.mp3" "$out/mp3.mp3" > "$out/mp3-joined.mp3"
from $exact -c:a mp2 -ac 1 -ar 16000 -b:a 64k -f mp2 "$out/mp2.mpga"
from $exact -c:a libmp3lame -b:a 96k $short "$out/mp3.mkv"

# One second of mono, one of stereo, and one with another sample rate, as in radio streams and joined files.
part() { encode -i "$stereo" $exact -t 0.95 -c:a libmp3lame -write_xing 0 -f mp3 "$@" -; }
{ part -ac 1 -b:a 64k; part -b:a 96k; part -ac 1 -ar 22050 -b:a 48k; } > "$out/mp3-switching.mp3"

# AAC in every container.
aac="-c:a aac -b:a 96k"
video="-f lavfi -i color=c=black:s=32x32:r=5:d=3"
from $exact $aac "$out/aac.m4a"
encode -i "$out/reference.wav" $exact -ar 22050 -c:a aac -b:a 48k "$out/aac-22k.m4a"
from $exact $aac -movflags +faststart "$out/aac-faststart.mp4"
from $exact $aac -movflags +frag_keyframe+empty_moov+default_base_moof -frag_duration 500000 "$out/aac-fragmented.mp4"
# In this file, the movie box describes the samples of the first fragment.
from $exact $short $aac -movflags +frag_keyframe -frag_duration 300000 "$out/aac-fragmented-late.mp4"
from $exact $aac "$out/aac.mov"
from $exact $aac "$out/aac.mkv"
encode -i "$stereo" $exact $short $aac "$stereo.mkv"
python3 -B compress-matroska.py "$stereo.mkv" "$out/aac-zlib.mkv"
from $exact $aac "$out/aac.aac"
encode $video -i "$stereo" $exact -c:v mpeg4 $aac "$out/aac-with-video.mp4"
# In this file, the first track is shorter than the second one, which is the default track.
encode -f lavfi -i sine=d=1.5:r=44100 -i "$stereo" -map 0 -map 1 $exact $aac -disposition:0 0 -disposition:1 default \
  "$out/aac-second-track.mp4"

# MPEG transport streams, with and without time codes.
from $exact $short $aac "$out/aac.ts"
from $exact $short -ac 1 -ar 32000 -c:a mp2 -b:a 64k "$out/mp2.ts"
from $exact $short -c:a libmp3lame -b:a 96k "$stereo.ts"
python3 -B transport-time-codes.py "$stereo.ts" "$out/mp3.m2ts"

# Vorbis and Opus. Some files have no length and no index, like those of a live encoder.
opus="-c:a libopus -b:a 48k"
from $exact -c:a libvorbis -q:a 4 "$out/vorbis.ogg"
from $exact -c:a libvorbis -q:a 4 "$out/vorbis.webm"
encode -y -i "$stereo" $exact $short -c:a libvorbis -q:a 4 "$stereo.mkv"
python3 -B compress-matroska.py --configuration "$stereo.mkv" "$out/vorbis-zlib.mkv"
from $exact $opus "$out/opus.ogg"
from $exact $opus "$out/opus.webm"
from $exact $opus -f webm -live 1 - > "$out/opus-streamed.webm"
from $exact $opus "$out/opus.mkv"
from $exact $opus "$out/opus.mp4"
encode -f lavfi -i sine=d=0.5:r=48000 -i "$stereo" -map 0 -map 1 $exact $short $opus -disposition:0 0 \
  -disposition:1 default "$out/opus-second-track.mkv"
from $exact $opus "$out/opus.caf"
from $exact -ar 16000 -c:a flac $short "$out/flac.mkv"
from $exact -ar 16000 -c:a flac -strict experimental $short "$out/flac.mp4"
cat "$out/opus.ogg" "$out/vorbis.ogg" > "$out/chained.ogg"
link() { encode -i "$stereo" $exact $short -f ogg "$@" -; }
{ link -c:a libvorbis -q:a 4 -ac 1; link -c:a flac -ar 8000; link $opus; } > "$out/chained-rates.ogg"

# Files that the server rejects with an error that contains the name of the format.
short="-t 0.3"
from $exact $short -c:a ac3 "$out/refused/ac3.ac3"
from $exact $short -c:a ac3 "$out/refused/ac3.mp4"
from $exact $short -c:a wmav2 "$out/refused/wma.wma"
from $exact $short -c:a wavpack "$out/refused/wavpack.wv"
from $exact $short -ac 1 -ar 16000 -c:a libspeex "$out/refused/speex.ogg"
from $exact $short -c:a ac3 "$out/refused/ac3.ts"
from $exact $short -c:a aac -f mpegts -mpegts_flags latm "$out/refused/aac-latm.ts"
{ printf '#!AMR\n'; for _ in 0 1 2 3; do printf '\074'; head -c 31 /dev/zero; done; } > "$out/refused/amr.amr"
encode -i "$out/refused/amr.amr" $exact -c copy "$out/refused/amr.3gp"
from $exact $short -c:a mp2 -f vob "$out/refused/mpeg-ps.mpg"
from $exact $short -c:a ac3 "$out/refused/ac3.mkv"
from $exact $short -c:a adpcm_g722 -ar 16000 -ac 1 "$out/refused/g722.wav"
from $exact $short -ac 6 $opus "$out/refused/opus-surround.ogg"
encode $video $exact -t 0.3 -c:v mpeg4 "$out/refused/no-audio.mp4"
