/** Defines the settings that limit requests: the size of uploads, the audio, the time, and the length of the queue. */
import { transcribing, serve, setting } from "./setting.ts";
import { integer } from "./value.ts";

const daySeconds = 24 * 60 * 60;
const mebibyte = 1024 ** 2;
const tebibyte = 1024 ** 4;
/** Range of sample rates that the audio library can convert, in Hz. */
const audioRates = { min: 1_000, max: 768_000 } as const;

export const limitSettings = {
  uploadBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_UPLOAD_BYTES",
    flag: "max-upload-bytes",
    commands: serve,
    fallback: 512 * 1024 * 1024,
    value: integer("BYTES", 1, tebibyte),
    help: "Maximum size of an uploaded file",
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
    // The default is 500 bytes per second. Speech codecs have a higher bit rate. Therefore clients can upload a
    // recording while they record it.
    fallback: 500,
    value: integer("BYTES", 0, tebibyte),
    help: "Abort an upload whose average rate over the idle timeout is below this; 0 allows any rate",
  }),
  uploadsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_UPLOADS_MAX",
    flag: "uploads-max",
    commands: serve,
    fallback: 128,
    value: integer("N", 1, 100_000),
    help: "Maximum number of uploads at the same time; at this number, a new upload can replace one that is far slower than usual",
  }),
  audioSMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_SECONDS",
    flag: "max-audio-seconds",
    commands: transcribing,
    fallback: 4 * 60 * 60,
    value: integer("SECONDS", 1, 7 * daySeconds),
    help: "Maximum length of the audio",
  }),
  audioChannelsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_CHANNELS",
    flag: "max-audio-channels",
    commands: transcribing,
    fallback: 32,
    value: integer("N", 1, 32),
    help: "Maximum number of audio channels",
  }),
  audioRateMin: setting<number>({
    variable: "OPEN_ASR_SERVER_MIN_AUDIO_RATE",
    flag: "min-audio-rate",
    commands: transcribing,
    fallback: audioRates.min,
    value: integer("HZ", audioRates.min, audioRates.max),
    help: "Minimum sample rate of the audio",
  }),
  audioRateMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_RATE",
    flag: "max-audio-rate",
    commands: transcribing,
    fallback: audioRates.max,
    value: integer("HZ", audioRates.min, audioRates.max),
    help: "Maximum sample rate of the audio",
  }),
  audioSamplesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_SAMPLES",
    flag: "max-audio-samples",
    commands: transcribing,
    fallback: 10_000_000_000,
    value: integer("N", 1, 1_000_000_000_000),
    help: "Maximum number of decoded samples of a file, over all channels",
  }),
  decodeTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_DECODE_TIMEOUT_SECONDS",
    flag: "decode-timeout-seconds",
    commands: transcribing,
    fallback: 30 * 60,
    value: integer("SECONDS", 1, daySeconds),
    help: "Maximum time to decode one file, without waiting times",
  }),
  decodeBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_DECODE_MEMORY_BYTES",
    flag: "max-decode-memory-bytes",
    commands: transcribing,
    fallback: 32 * mebibyte,
    value: integer("BYTES", 64 * 1024, 1024 * mebibyte),
    help: "Maximum memory that the decoder of a file may allocate",
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
    help: "Maximum number of transcriptions that wait in the queue; further ones are rejected (503, Retry-After)",
  }),
  streamPingS: setting<number>({
    variable: "OPEN_ASR_SERVER_STREAM_PING_SECONDS",
    flag: "stream-ping-seconds",
    commands: serve,
    // Proxies close a connection after 30 s or more without data. The default is lower, so that the connection stays
    // open.
    fallback: 15,
    value: integer("SECONDS", 1, 60 * 60),
    help: "Send a comment on a streamed response (stream=true), or a further space on a json response that has begun, after nothing was sent for this long",
  }),
  earlyBytesS: setting<number>({
    variable: "OPEN_ASR_SERVER_EARLY_BYTES_SECONDS",
    flag: "early-bytes-seconds",
    commands: serve,
    // Proxies usually close a connection after 60 s without data. The default is lower, so that the connection stays
    // open.
    fallback: 45,
    value: integer("SECONDS", 0, 60 * 60),
    help: "Begin a response in json or verbose_json with a space when it takes longer than this, so that proxies and clients keep the connection; 0 never does",
  }),
  rejoinS: setting<number>({
    variable: "OPEN_ASR_SERVER_REJOIN_SECONDS",
    flag: "rejoin-seconds",
    commands: serve,
    fallback: 20,
    value: integer("SECONDS", 0, 10 * 60),
    help: "Continue a transcription for this long after its silent connection was cut, so that the client's retry can join it; 0 stops it at once",
  }),
  rejoinSilenceS: setting<number>({
    variable: "OPEN_ASR_SERVER_REJOIN_SILENCE_SECONDS",
    flag: "rejoin-silence-seconds",
    commands: serve,
    // Some proxies close a connection after 30 s without data. The default is 1 s less, because the time of the proxy
    // starts earlier: the proxy has sent the end of the upload shortly before the server receives it.
    fallback: 29,
    value: integer("SECONDS", 1, 60 * 60),
    help: "A connection counts as silent when the server has sent nothing for this long since the end of the upload",
  }),
  requestsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_REQUESTS",
    flag: "max-requests",
    commands: serve,
    fallback: 512,
    value: integer("N", 1, 100_000),
    help: "Maximum number of requests at the same time, over all routes",
  }),
  connectionIdleS: setting<number>({
    variable: "OPEN_ASR_SERVER_CONNECTION_IDLE_SECONDS",
    flag: "connection-idle-seconds",
    commands: serve,
    fallback: 75,
    // Bun allows 1 to 255 s for `idleTimeout`.
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
    help: "Maximum number of transcriptions per minute for each API key or, without keys, for each address (IPv6: /64 network)",
  }),
  spoolBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_SPOOL_BYTES",
    flag: "max-spool-bytes",
    commands: serve,
    fallback: 16 * 1024 ** 3,
    value: integer("BYTES", 1, tebibyte),
    help: "Maximum disk space for the uploads of all requests together",
  }),
  diskBytesFreeMin: setting<number>({
    variable: "OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES",
    flag: "min-free-disk-bytes",
    commands: serve,
    fallback: 128 * 1024 * 1024,
    value: integer("BYTES", 0, tebibyte),
    help: "Disk space that must stay free; uploads that would use it are rejected",
  }),
} as const;
