/**
 * Builds the command line of ffmpeg. The command line contains no text from a client. It contains no file name, and its
 * format names come from a list in the audio library.
 */
import type { ForeignFormat } from "../unsupported-audio.ts";

/** The file that ffmpeg decodes. */
export interface ForeignFile extends ForeignFormat {
  readonly sampleRate: number;
  /** Maximum length of the decoded audio in seconds. */
  readonly durationSMax: number;
}

/** Command line that prints the protocols of ffmpeg. */
export const protocolsArguments = ["-hide_banner", "-protocols"] as const;

/** Returns whether ffmpeg can seek in its standard input. ffmpeg 6 and later can. */
export function canSeek(protocols: string): boolean {
  return /^\s*fd\s*$/mu.test(protocols);
}

/**
 * Returns the arguments that decode standard input to wav on standard output: one track with all its channels, in 24
 * bits, at the sample rate of the model.
 *
 * ffmpeg may read only its standard input. Many files can be decoded only by a program that can seek in them. An older
 * ffmpeg cannot seek in its standard input, so it first copies the input to a temporary file (protocol `cache`). The
 * demuxer is fixed, and `format_whitelist` prevents this demuxer from starting another demuxer.
 */
export function decodeArguments(file: ForeignFile, seeks: boolean): string[] {
  const { demuxer, track, durationSMax } = file;
  const limits = ["-max_alloc", String(allocationBytesMax), "-threads", "1"];
  const allowed = [
    "-protocol_whitelist",
    seeks ? "fd" : "cache,pipe",
    "-format_whitelist",
    demuxer,
  ];
  const input = ["-f", demuxer, "-i", seeks ? "fd:" : "cache:pipe:0"];
  const streams = [...(track === null ? [] : ["-map", `0:a:${track - 1}`]), "-vn", "-sn", "-dn"];
  const bare = ["-map_metadata", "-1", "-map_chapters", "-1", "-bitexact"];
  // One second more than the maximum, so that the audio library reports longer audio as too long.
  const length = ["-t", String(durationSMax + 1)];
  const codec = ["-filter_threads", "1", "-af", filter(file), "-c:a", "pcm_s24le"];
  const output = ["-f", "wav", "-rf64", "auto", seeks ? "fd:" : "pipe:1"];
  const quiet = ["-nostdin", "-hide_banner", "-v", "error"];
  return [quiet, limits, allowed, input, streams, bare, length, codec, output].flat();
}

// --- internal ---

const allocationBytesMax = 256 * 1024 ** 2;

/**
 * Returns the filter that converts the sample rate. `first_pts` puts silence before audio that starts later than the
 * video. Differences below `min_comp` seconds are ignored, because some decoders delay the audio by a shorter time
 * (WMA: 0.13 s). `min_hard_comp` forbids corrections after the start, because wrong times in a file would then remove
 * speech.
 */
function filter({ sampleRate }: ForeignFile): string {
  return `aresample=osr=${sampleRate}:first_pts=0:min_comp=0.15:min_hard_comp=1000000000`;
}
