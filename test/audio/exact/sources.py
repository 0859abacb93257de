"""Creates the source audio: different speech in every channel, and a little noise at all frequencies."""

import array
import random
import subprocess
from pathlib import Path

RECORDINGS = Path(__file__).parent.parent
SPOKEN = [
    "jfk.flac",
    "en_demo-moreinfo.flac",
    "es_demo-nogo.flac",
    "fr_demo-echotest.flac",
    "it_demo-moreinfo.flac",
    "ru_demo-abouttotry.flac",
    "es_demo-abouttotry.flac",
    "it_demo-abouttotry.flac",
]
# Peak of the noise. It is high enough to show a filter with another cutoff frequency, and far below the speech.
NOISE = 0.003


def make_source(path, rate, layout, channels, seconds):
    """Writes raw float32 frames to the file. Returns the arguments with which ffmpeg reads the file."""
    if not path.exists():
        frames = round(rate * seconds)
        interleaved = array.array("f", bytes(4 * frames * channels))
        for channel in range(channels):
            interleaved[channel::channels] = _voice(SPOKEN[channel], rate, frames)
        path.write_bytes(interleaved.tobytes())
    return ["-f", "f32le", "-ar", str(rate), "-ac", str(channels), "-channel_layout", layout, "-i", str(path)]


# --- internal ---


def _voice(name, rate, frames):
    command = ["ffmpeg", "-v", "error", "-ss", "0.5", "-i", RECORDINGS / name, "-ac", "1", "-ar", str(rate)]
    output = subprocess.run([*command, "-f", "f32le", "-"], check=True, stdout=subprocess.PIPE).stdout
    noise = random.Random(name)
    samples = array.array("f", output[: 4 * frames])
    return array.array("f", (0.7 * sample + noise.uniform(-NOISE, NOISE) for sample in samples))
