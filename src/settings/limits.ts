/** Settings that limit requests: bytes, audio, time, queue. */
import { both, serve, setting } from "./setting.ts";
import { integer } from "./value.ts";

const daySeconds = 24 * 60 * 60;
const mebibyte = 1024 ** 2;
const tebibyte = 1024 ** 4;
/** Sample rates that the audio library can convert, in Hz. */
const audioRates = { min: 1_000, max: 768_000 } as const;

export const limitSettings = {
  uploadBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_UPLOAD_BYTES",
    flag: "max-upload-bytes",
    commands: serve,
    fallback: 512 * 1024 * 1024,
    value: integer("BYTES", 1, tebibyte),
    help: "Largest file that a request may upload",
  }),
  uploadIdleS: setting<number>({
    variable: "OPEN_ASR_SERVER_UPLOAD_IDLE_SECONDS",
    flag: "upload-idle-seconds",
    commands: serve,
    fallback: 60,
    value: integer("SECONDS", 1, 60 * 60),
    help: "Abort an upload that sends nothing for this long",
  }),
  uploadTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_UPLOAD_TIMEOUT_SECONDS",
    flag: "upload-timeout-seconds",
    commands: serve,
    fallback: 60 * 60,
    value: integer("SECONDS", 1, daySeconds),
    help: "Abort an upload that takes longer than this",
  }),
  uploadRateMin: setting<number>({
    variable: "OPEN_ASR_SERVER_MIN_UPLOAD_RATE",
    flag: "min-upload-rate",
    commands: serve,
    // Lower than the bit rate of the leanest speech codecs, so that live recordings pass.
    fallback: 500,
    value: integer("BYTES", 0, tebibyte),
    help: "Abort an upload whose average rate over the idle timeout is below this; 0 allows any rate",
  }),
  audioSMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_SECONDS",
    flag: "max-audio-seconds",
    commands: both,
    fallback: 4 * 60 * 60,
    value: integer("SECONDS", 1, 7 * daySeconds),
    help: "Longest audio that is accepted",
  }),
  audioChannelsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_CHANNELS",
    flag: "max-audio-channels",
    commands: both,
    fallback: 32,
    value: integer("N", 1, 32),
    help: "Most channels of audio that are accepted",
  }),
  audioRateMin: setting<number>({
    variable: "OPEN_ASR_SERVER_MIN_AUDIO_RATE",
    flag: "min-audio-rate",
    commands: both,
    fallback: audioRates.min,
    value: integer("HZ", audioRates.min, audioRates.max),
    help: "Lowest sample rate of audio that is accepted",
  }),
  audioRateMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_RATE",
    flag: "max-audio-rate",
    commands: both,
    fallback: audioRates.max,
    value: integer("HZ", audioRates.min, audioRates.max),
    help: "Highest sample rate of audio that is accepted",
  }),
  audioSamplesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_SAMPLES",
    flag: "max-audio-samples",
    commands: both,
    fallback: 10_000_000_000,
    value: integer("N", 1, 1_000_000_000_000),
    help: "Most samples that a file may decode to, all channels counted",
  }),
  decodeTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_DECODE_TIMEOUT_SECONDS",
    flag: "decode-timeout-seconds",
    commands: both,
    fallback: 30 * 60,
    value: integer("SECONDS", 1, daySeconds),
    help: "Longest time to decode one file, waiting not counted",
  }),
  decodeBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_DECODE_MEMORY_BYTES",
    flag: "max-decode-memory-bytes",
    commands: both,
    fallback: 32 * mebibyte,
    value: integer("BYTES", 64 * 1024, 1024 * mebibyte),
    help: "Most memory that the decoder of a file may allocate",
  }),
  transcribeTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS",
    flag: "transcribe-timeout-seconds",
    commands: serve,
    fallback: 4 * 60 * 60,
    value: integer("SECONDS", 1, 7 * daySeconds),
    help: "Stop a transcription that runs longer than this",
  }),
  queueTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_QUEUE_TIMEOUT_SECONDS",
    flag: "queue-timeout-seconds",
    commands: serve,
    fallback: 10 * 60,
    value: integer("SECONDS", 1, daySeconds),
    help: "Reject a transcription (503, Retry-After) that waits in the queue longer than this",
  }),
  queueJobsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_QUEUE_MAX",
    flag: "queue-max",
    commands: serve,
    fallback: 64,
    value: integer("N", 0, 100_000),
    help: "Transcriptions that may wait in the queue; more are rejected (503, Retry-After)",
  }),
  requestsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_REQUESTS",
    flag: "max-requests",
    commands: serve,
    fallback: 512,
    value: integer("N", 1, 100_000),
    help: "Most requests at the same time, over all routes",
  }),
  connectionIdleS: setting<number>({
    variable: "OPEN_ASR_SERVER_CONNECTION_IDLE_SECONDS",
    flag: "connection-idle-seconds",
    commands: serve,
    fallback: 75,
    // The range of Bun's idleTimeout.
    value: integer("SECONDS", 1, 255),
    help: "Close idle connections, and connections with incomplete request headers, after this long",
  }),
  ratePerMinuteMax: setting<number>({
    variable: "OPEN_ASR_SERVER_RATE_LIMIT_PER_MINUTE",
    flag: "rate-limit-per-minute",
    commands: serve,
    fallback: 0,
    fallbackText: "0, no limit",
    value: integer("N", 0, 1_000_000),
    help: "Transcriptions per minute for each API key, or, without keys, for each address (IPv6: each /64)",
  }),
  spoolBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_SPOOL_BYTES",
    flag: "max-spool-bytes",
    commands: serve,
    fallback: 16 * 1024 ** 3,
    value: integer("BYTES", 1, tebibyte),
    help: "Most disk space for the uploads of all requests together",
  }),
  diskBytesFreeMin: setting<number>({
    variable: "OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES",
    flag: "min-free-disk-bytes",
    commands: serve,
    fallback: 128 * 1024 * 1024,
    value: integer("BYTES", 0, tebibyte),
    help: "Disk space that uploads leave free",
  }),
} as const;
