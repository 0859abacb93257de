/** Settings that bound what requests may take: bytes, audio, time, places. */
import { both, serve, setting } from "./setting.ts";
import { integer } from "./value.ts";

const daySeconds = 24 * 60 * 60;
const mebibyte = 1024 ** 2;
const tebibyte = 1024 ** 4;
/** What the audio library converts from, in Hz. */
const audioRates = { min: 1_000, max: 768_000 } as const;

export const limitSettings = {
  uploadBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_UPLOAD_BYTES",
    flag: "max-upload-bytes",
    commands: serve,
    fallback: 512 * 1024 * 1024,
    value: integer("BYTES", 1, tebibyte),
    help: "Largest file that a request may send",
  }),
  uploadIdleS: setting<number>({
    variable: "OPEN_ASR_SERVER_UPLOAD_IDLE_SECONDS",
    flag: "upload-idle-seconds",
    commands: serve,
    fallback: 60,
    value: integer("SECONDS", 1, 60 * 60),
    help: "How long an upload may bring no byte before it is given up",
  }),
  uploadTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_UPLOAD_TIMEOUT_SECONDS",
    flag: "upload-timeout-seconds",
    commands: serve,
    fallback: 60 * 60,
    value: integer("SECONDS", 1, daySeconds),
    help: "How long an upload may take altogether",
  }),
  uploadRateMin: setting<number>({
    variable: "OPEN_ASR_SERVER_MIN_UPLOAD_RATE",
    flag: "min-upload-rate",
    commands: serve,
    // Less than the leanest codecs of speech make of someone who talks while it is sent.
    fallback: 500,
    value: integer("BYTES", 0, tebibyte),
    help: "Bytes a second that an upload brings at least, over its idle time; 0 lets it trickle",
  }),
  audioSMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_SECONDS",
    flag: "max-audio-seconds",
    commands: both,
    fallback: 4 * 60 * 60,
    value: integer("SECONDS", 1, 7 * daySeconds),
    help: "Longest audio that is transcribed",
  }),
  audioChannelsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_CHANNELS",
    flag: "max-audio-channels",
    commands: both,
    fallback: 32,
    value: integer("N", 1, 32),
    help: "Most channels that audio may have",
  }),
  audioRateMin: setting<number>({
    variable: "OPEN_ASR_SERVER_MIN_AUDIO_RATE",
    flag: "min-audio-rate",
    commands: both,
    fallback: audioRates.min,
    value: integer("HZ", audioRates.min, audioRates.max),
    help: "Lowest sample rate that audio may have",
  }),
  audioRateMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_RATE",
    flag: "max-audio-rate",
    commands: both,
    fallback: audioRates.max,
    value: integer("HZ", audioRates.min, audioRates.max),
    help: "Highest sample rate that audio may have",
  }),
  audioSamplesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_SAMPLES",
    flag: "max-audio-samples",
    commands: both,
    fallback: 10_000_000_000,
    value: integer("N", 1, 1_000_000_000_000),
    help: "Most samples that audio may decode to, those of all its channels counted",
  }),
  decodeTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_DECODE_TIMEOUT_SECONDS",
    flag: "decode-timeout-seconds",
    commands: both,
    fallback: 30 * 60,
    value: integer("SECONDS", 1, daySeconds),
    help: "How long the decoding of one file may take, waiting not counted",
  }),
  decodeBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_DECODE_MEMORY_BYTES",
    flag: "max-decode-memory-bytes",
    commands: both,
    fallback: 32 * mebibyte,
    value: integer("BYTES", 64 * 1024, 1024 * mebibyte),
    help: "Most memory that a file may ask of its decoder",
  }),
  transcribeTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS",
    flag: "transcribe-timeout-seconds",
    commands: serve,
    fallback: 4 * 60 * 60,
    value: integer("SECONDS", 1, 7 * daySeconds),
    help: "How long a transcription may be worked on before it is stopped",
  }),
  queueTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_QUEUE_TIMEOUT_SECONDS",
    flag: "queue-timeout-seconds",
    commands: serve,
    fallback: 10 * 60,
    value: integer("SECONDS", 1, daySeconds),
    help: "How long a transcription may wait for its turn before it is told to come back",
  }),
  queueJobsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_QUEUE_MAX",
    flag: "queue-max",
    commands: serve,
    fallback: 64,
    value: integer("N", 0, 100_000),
    help: "Transcriptions that may wait beyond one a worker; more are told to come back",
  }),
  requestsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_REQUESTS",
    flag: "max-requests",
    commands: serve,
    fallback: 512,
    value: integer("N", 1, 100_000),
    help: "Requests that may be under way at once, on all routes",
  }),
  connectionIdleS: setting<number>({
    variable: "OPEN_ASR_SERVER_CONNECTION_IDLE_SECONDS",
    flag: "connection-idle-seconds",
    commands: serve,
    fallback: 75,
    // As Bun counts them.
    value: integer("SECONDS", 1, 255),
    help: "How long a connection may stay open without a request, or with half of one's headers",
  }),
  ratePerMinuteMax: setting<number>({
    variable: "OPEN_ASR_SERVER_RATE_LIMIT_PER_MINUTE",
    flag: "rate-limit-per-minute",
    commands: serve,
    fallback: 0,
    fallbackText: "0, no limit",
    value: integer("N", 0, 1_000_000),
    help: "Transcriptions a minute of one key, or without keys of one address (IPv6: of one /64)",
  }),
  spoolBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_SPOOL_BYTES",
    flag: "max-spool-bytes",
    commands: serve,
    fallback: 16 * 1024 ** 3,
    value: integer("BYTES", 1, tebibyte),
    help: "Disk that the uploads of all requests may take at once",
  }),
  diskBytesFreeMin: setting<number>({
    variable: "OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES",
    flag: "min-free-disk-bytes",
    commands: serve,
    fallback: 128 * 1024 * 1024,
    value: integer("BYTES", 0, tebibyte),
    help: "Disk that uploads leave free",
  }),
} as const;
