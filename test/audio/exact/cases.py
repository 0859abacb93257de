"""Defines the comparison set: files of every format, with its sample rates, channel counts and sample types."""

from dataclasses import dataclass

RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 192000]
NAMES = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
# Layouts that are not in NAMES, but that a channel mask can describe, with their numbers of channels.
OTHER_LAYOUTS = {
    "3.0": 3, "3.0(back)": 3, "quad": 4, "quad(side)": 4, "3.1": 4, "5.0(side)": 5, "4.1": 5, "5.1(side)": 6,
    "6.0": 6, "6.0(front)": 6, "hexagonal": 6, "6.1(back)": 7, "6.1(front)": 7, "7.0": 7, "7.0(front)": 7,
    "7.1(wide)": 8, "7.1(wide-side)": 8, "octagonal": 8,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A file of the comparison set, and how the script makes it."""

    file: str
    rate: int
    layout: str
    channels: int
    encode: list
    # "plain-wav", "sox", "sox-gsm" or "zlib": a further step for a file that ffmpeg alone cannot make. Empty for other files.
    after: str = ""
    # Reason why the decoded file must have the length of the source instead of the length from ffmpeg. Empty if the
    # length from ffmpeg is right.
    exact_length: str = ""
    # Number of seconds that are cut off at the start of the encoded file, without decoding it.
    cut: float = 0.0
    # Decoder that ffmpeg must use, because ffmpeg's own decoder differs from the reference by up to 12 dB. Empty for
    # ffmpeg's own decoder.
    decoder: str = ""


@dataclass(frozen=True)
class Refusal:
    """A file that our decoder must reject, and words that the error message must contain."""

    file: str
    channels: int
    encode: list
    words: str


def cases():
    found = [*_wav(), *_flac(), *_aiff(), *_au(), *_caf(), *_mp3(), *_aac(), *_alac(), *_vorbis(), *_opus(), *_matroska(), *_mpeg_ts(), *_cut()]
    names = [case.file for case in found]
    assert len(set(names)) == len(names), "two cases have one name"
    return found


def refusals():
    return [
        Refusal("opus-5.1.ogg", 6, ["-c:a", "libopus"], "Opus with 6 channels"),
        Refusal("opus-5.1.webm", 6, ["-c:a", "libopus"], "Opus with 6 channels"),
        Refusal("opus-7.1.ogg", 8, ["-c:a", "libopus"], "Opus with 8 channels"),
        Refusal("ac3-5.1.mp4", 6, ["-c:a", "ac3"], "AC-3"),
    ]


# --- internal ---


def _case(name, extension, rate, channels, encode, layout=None, **more):
    layout = layout or NAMES[channels]
    file = f"{name}-{rate}-{layout}.{extension}"
    return Case(file, rate, layout, channels, encode, **more)


def _pcm(kind):
    return ["-c:a", f"pcm_{kind}"]


def _wav():
    for rate in RATES:
        yield _case("wav-s16", "wav", rate, 1, _pcm("s16le"))
        yield _case("wav-s16", "wav", rate, 2, _pcm("s16le"))
    for kind in ["u8", "s24le", "s32le", "f32le", "f64le", "alaw", "mulaw"]:
        yield _case(f"wav-{kind}", "wav", 44100, 2, _pcm(kind))
        yield _case(f"wav-{kind}", "wav", 8000, 1, _pcm(kind))
    for codec in ["adpcm_ima_wav", "adpcm_ms"]:
        for rate, channels in [(8000, 1), (22050, 1), (44100, 2)]:
            yield _case(f"wav-{codec}", "wav", rate, channels, ["-c:a", codec])
    for rate in [8000, 44100]:
        yield _case("wav-gsm", "wav", rate, 1, [], after="sox-gsm")
    for channels in [1, 2]:
        yield _case("wav-mp3", "wav", 44100, channels, ["-c:a", "libmp3lame", "-b:a", "96k"])
        yield _case("wav-mp2", "wav", 48000, channels, ["-c:a", "mp2", "-b:a", "96k"])
    for channels in range(3, 9):
        yield _case("wav-mask", "wav", 48000, channels, _pcm("s16le"))
        yield _case("wav-plain", "wav", 16000, channels, _pcm("s16le"), after="plain-wav")
    for layout, channels in OTHER_LAYOUTS.items():
        yield _case("wav-mask", "wav", 44100, channels, _pcm("s24le"), layout)
    for rate in [7350, 37800, 44287, 191999, 383999]:
        yield _case("wav-odd", "wav", rate, 1, _pcm("s16le"))
    for channels in [1, 2, 6]:
        yield _case("rf64", "wav", 44100, channels, [*_pcm("s16le"), "-rf64", "always"])


def _flac():
    for rate in RATES:
        yield _case("flac", "flac", rate, 1, [])
    for rate in [16000, 44100, 96000]:
        yield _case("flac-24", "flac", rate, 2, ["-sample_fmt", "s32"])
        yield _case("flac-ogg", "ogg", rate, 2, ["-c:a", "flac"])
    for channels in range(3, 9):
        # FLAC and Vorbis define one layout for each number of channels: 3.0 for 3 channels and quad for 4.
        layout = {3: "3.0", 4: "quad"}.get(channels)
        yield _case("flac", "flac", 48000, channels, [], layout)
    for layout in ["2.1", "4.0", "5.1(side)", "7.1(wide)"]:
        channels = OTHER_LAYOUTS.get(layout) or {"2.1": 3, "4.0": 4}[layout]
        yield _case("flac-mask", "flac", 44100, channels, [], layout)
    for channels in [3, 6]:
        layout = {3: "3.0"}.get(channels)
        yield _case("flac-ogg", "ogg", 48000, channels, ["-c:a", "flac"], layout)


def _aiff():
    for rate in [8000, 11025, 22050, 44100, 48000, 96000]:
        yield _case("aiff", "aiff", rate, 1, _pcm("s16be"))
    for channels in [1, 2]:
        yield _case("aiff-ima4", "aiff", 44100, channels, ["-c:a", "adpcm_ima_qt"])
    for kind in ["s8", "s24be", "s32be", "f32be", "f64be", "alaw", "mulaw", "s16le"]:
        yield _case(f"aiff-{kind}", "aiff", 44100, 2, _pcm(kind))
    for channels in range(3, 9):
        # ffmpeg writes the channel layout to the file, sox does not.
        yield _case("aiff-layout", "aiff", 48000, channels, _pcm("s16be"))
        yield _case("aiff-plain", "aiff", 48000, channels, _pcm("s16be"), after="sox")


def _au():
    for kind in ["s8", "s16be", "s24be", "s32be", "f32be", "f64be", "alaw", "mulaw"]:
        yield _case(f"au-{kind}", "au", 44100, 2, _pcm(kind))
    for rate in [8000, 16000, 48000]:
        yield _case("au", "au", rate, 1, _pcm("s16be"))
    for channels in range(3, 9):
        yield _case("au", "au", 44100, channels, _pcm("s16be"))


def _caf():
    for rate in [8000, 16000, 44100, 48000, 96000]:
        yield _case("caf", "caf", rate, 1, _pcm("s16be"))
    for kind in ["s8", "s16le", "s24le", "s24be", "s32be", "f32le", "f32be", "f64be", "alaw", "mulaw"]:
        yield _case(f"caf-{kind}", "caf", 44100, 2, _pcm(kind))
    for channels in range(3, 9):
        yield _case("caf", "caf", 48000, channels, _pcm("s16be"))
    for channels in [1, 2]:
        yield _case("caf-alac", "caf", 44100, channels, ["-c:a", "alac"])
        yield _case("caf-ima4", "caf", 44100, channels, ["-c:a", "adpcm_ima_qt"])
        yield _case("caf-opus", "caf", 48000, channels, ["-c:a", "libopus"])


def _mp3():
    for rate in RATES[:9]:
        for channels in [1, 2]:
            bits = "24k" if rate < 16000 else "64k"
            yield _case("mp3", "mp3", rate, channels, ["-c:a", "libmp3lame", "-b:a", bits])
    for rate in [16000, 24000, 44100, 48000]:
        yield _case("mp3-vbr", "mp3", rate, 2, ["-c:a", "libmp3lame", "-q:a", "4"])
    yield _case("mp3-separate", "mp3", 44100, 2, ["-c:a", "libmp3lame", "-joint_stereo", "0", "-b:a", "128k"])
    for rate in [22050, 44100]:
        yield _case("mp3-no-xing", "mp3", rate, 1, ["-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0"])
    yield _case("mp2", "mp2", 48000, 2, ["-c:a", "mp2", "-b:a", "192k"])
    for rate in [32000, 44100]:
        yield _case("mp2", "mp2", rate, 1, ["-c:a", "mp2", "-b:a", "96k"])
    yield _case("mp3-in", "mp4", 44100, 2, ["-c:a", "libmp3lame", "-b:a", "96k"], exact_length=TAIL)
    yield _case("mp3", "mpga", 44100, 2, ["-c:a", "libmp3lame", "-b:a", "96k", "-f", "mp3"])


# The last frame contains padding. The length in the headers excludes the padding, but ffmpeg 5 plays a part of it.
TAIL = "ffmpeg plays padding after the end that the headers give"


# ffmpeg's decoder ignores the speakers of quad(side) and 6.0(front).
AAC_PROGRAMS = {
    "2.1": 3, "3.0(back)": 3, "quad": 4, "3.1": 4, "4.1": 5, "5.0(side)": 5, "5.1(side)": 6, "6.0": 6, "hexagonal": 6, "6.1": 7, "6.1(back)": 7, "6.1(front)": 7, "7.0": 7, "7.0(front)": 7,
    "7.1(wide)": 8, "7.1(wide-side)": 8, "octagonal": 8,
}  # fmt: skip


def _aac():
    for rate in RATES[:11]:
        for channels in [1, 2]:
            yield _case("aac", "aac", rate, channels, ["-c:a", "aac", "-b:a", "96k"])
    for rate in [8000, 16000, 22050, 44100, 48000, 96000]:
        yield _case("aac", "m4a", rate, 1, ["-c:a", "aac", "-b:a", "64k"], exact_length=TAIL)
    # ffmpeg describes the layouts of AAC_PROGRAMS by a program configuration, and the others by their number.
    for layout, channels in {"3.0": 3, "4.0": 4, "5.0": 5, "5.1": 6, "7.1": 8, **AAC_PROGRAMS}.items():
        yield _case("aac", "m4a", 48000, channels, ["-c:a", "aac"], layout, exact_length=TAIL)
    for layout, channels in {"3.0": 3, "5.1": 6, "7.1": 8}.items():
        yield _case("aac", "aac", 44100, channels, ["-c:a", "aac"], layout)
    for rate in [16000, 24000, 32000, 96000]:
        yield _case("aac", "m4a", rate, 6, ["-c:a", "aac", "-b:a", "128k"], exact_length=TAIL)
    for extension in ["m4a", "mp4", "mov"]:
        yield _case("aac", extension, 44100, 2, ["-c:a", "aac", "-b:a", "128k"], exact_length=TAIL)
    for extension in ["m4a", "mov"]:
        yield _case("aac-cut", extension, 48000, 2, ["-c:a", "aac"], exact_length=TAIL, cut=0.5)
    moov = ["-movflags", "+faststart"]
    yield _case("aac-faststart", "mp4", 48000, 2, ["-c:a", "aac", *moov], exact_length=TAIL)
    moof = ["-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "500000"]
    yield _case("aac-fragmented", "mp4", 44100, 2, ["-c:a", "aac", *moof])
    # In these files, the movie box describes the samples of the first fragment.
    for extension, codec in {"mp4": ["-c:a", "aac"], "m4a": ["-c:a", "alac"], "mov": _pcm("s16le")}.items():
        late = ["-movflags", "+frag_keyframe", "-frag_duration", "500000"]
        yield _case("fragmented-late", extension, 44100, 2, [*codec, *late])


def _alac():
    for rate in [8000, 16000, 44100, 48000, 96000, 192000]:
        yield _case("alac", "m4a", rate, 1, ["-c:a", "alac"])
    yield _case("alac-24", "m4a", 44100, 2, ["-c:a", "alac", "-sample_fmt", "s32p"])
    for layout, channels in {"3.0": 3, "4.0": 4, "5.0": 5, "5.1": 6, "6.1(back)": 7, "7.1(wide)": 8}.items():
        yield _case("alac", "m4a", 48000, channels, ["-c:a", "alac"], layout)
    yield _case("alac-cut", "m4a", 44100, 1, ["-c:a", "alac"], cut=0.5)
    for channels in [1, 2]:
        yield _case("alac", "mkv", 44100, channels, ["-c:a", "alac"])
        yield _case("flac-in", "mp4", 44100, channels, ["-c:a", "flac", "-strict", "-2"])
        yield _case("ima4-in", "mov", 44100, channels, ["-c:a", "adpcm_ima_qt"])
    yield _case("pcm-in", "mov", 44100, 2, _pcm("s16le"))
    yield _case("pcm-in", "mov", 48000, 1, _pcm("s24be"))


def _vorbis():
    for rate in RATES:
        yield _case("vorbis", "ogg", rate, 1, ["-c:a", "libvorbis", "-q:a", "4"])
    for rate in [16000, 44100, 48000]:
        yield _case("vorbis", "ogg", rate, 2, ["-c:a", "libvorbis", "-q:a", "4"])
    # ffmpeg's own Vorbis encoder, which uses other tables and block sizes than libvorbis.
    yield _case("vorbis-other", "ogg", 44100, 2, ["-c:a", "vorbis", "-strict", "-2"], decoder="libvorbis")
    for channels in range(3, 9):
        # FLAC and Vorbis define one layout for each number of channels: 3.0 for 3 channels and quad for 4.
        layout = {3: "3.0", 4: "quad"}.get(channels)
        yield _case("vorbis", "ogg", 48000, channels, ["-c:a", "libvorbis", "-q:a", "4"], layout)


LIBOPUS = "libopus"


def _opus():
    for rate in [8000, 12000, 16000, 24000, 48000]:
        for channels in [1, 2]:
            yield _case("opus", "ogg", rate, channels, ["-c:a", "libopus", "-b:a", "48k"], decoder=LIBOPUS)
    for bits, application in [("12k", "voip"), ("24k", "audio"), ("96k", "lowdelay")]:
        more = ["-b:a", bits, "-application", application]
        yield _case(f"opus-{application}", "ogg", 48000, 1, ["-c:a", "libopus", *more], decoder=LIBOPUS)
    for duration in ["2.5", "60"]:
        more = ["-frame_duration", duration, "-b:a", "64k"]
        yield _case(f"opus-{duration}ms", "ogg", 48000, 2, ["-c:a", "libopus", *more], decoder=LIBOPUS)
    opus = ["-c:a", "libopus", "-b:a", "64k"]
    yield _case("opus", "mp4", 48000, 2, opus, decoder=LIBOPUS, exact_length=TAIL)


def _matroska():
    for extension in ["webm", "mkv"]:
        yield _case("opus", extension, 48000, 2, ["-c:a", "libopus", "-b:a", "64k"], decoder=LIBOPUS)
        yield _case("opus", extension, 16000, 1, ["-c:a", "libopus", "-b:a", "32k"], decoder=LIBOPUS)
        yield _case("vorbis", extension, 44100, 2, ["-c:a", "libvorbis"])
    yield _case("vorbis", "mkv", 48000, 6, ["-c:a", "libvorbis"])
    zlib = [("pcm", 2, _pcm("s16le")), ("flac", 6, ["-c:a", "flac"]), ("vorbis", 2, ["-c:a", "libvorbis"])]
    for name, channels, codec in zlib:
        yield _case(f"{name}-zlib", "mkv", 44100, channels, codec, after="zlib")
    yield _case("flac", "mkv", 44100, 2, ["-c:a", "flac"])
    for channels in [2, 3, 6]:
        yield _case("pcm", "mkv", 44100, channels, _pcm("s16le"))
    yield _case("mp3", "mkv", 44100, 2, ["-c:a", "libmp3lame"])
    yield _case("aac", "mkv", 44100, 2, ["-c:a", "aac"])


def _mpeg_ts():
    for rate, channels in [(16000, 1), (44100, 2), (48000, 1)]:
        yield _case("aac-in", "ts", rate, channels, ["-c:a", "aac", "-b:a", "96k"])
        yield _case("mp3-in", "ts", rate, channels, ["-c:a", "libmp3lame", "-b:a", "64k"])
    for rate, channels in [(32000, 1), (48000, 2)]:
        yield _case("mp2-in", "ts", rate, channels, ["-c:a", "mp2", "-b:a", "96k"])


def _cut():
    # After this cut, the Ogg file starts with a whole page whose time is before zero.
    vorbis, opus = ["-c:a", "libvorbis"], ["-c:a", "libopus", "-b:a", "64k"]
    yield _case("vorbis-cut", "ogg", 44100, 2, vorbis, cut=0.9)
    yield _case("vorbis-cut", "ogg", 48000, 6, vorbis, cut=0.9)
    yield _case("vorbis-cut", "webm", 44100, 2, vorbis, cut=1.2)
    yield _case("opus-cut", "ogg", 48000, 2, opus, decoder=LIBOPUS, cut=1.2)
    yield _case("opus-cut", "webm", 48000, 2, opus, decoder=LIBOPUS, cut=1.2)
    yield _case("flac-cut", "ogg", 44100, 2, ["-c:a", "flac"], cut=1.2)
    yield _case("flac-cut", "mkv", 44100, 2, ["-c:a", "flac"], cut=1.2)
    yield _case("flac-cut", "flac", 44100, 2, [], cut=1.2)
    yield _case("mp3-cut", "mp3", 44100, 2, ["-c:a", "libmp3lame"], cut=1.2)
    yield _case("aac-cut", "aac", 44100, 2, ["-c:a", "aac"], cut=1.2)
    yield _case("wav-cut", "wav", 44100, 2, _pcm("s16le"), cut=1.2)
