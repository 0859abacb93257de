/** Settings that bound what requests may take: bytes, audio, time, places. */
import { both, serve, setting } from "./setting.ts";
import { integer } from "./value.ts";

const daySeconds = 24 * 60 * 60;
const tebibyte = 1024 ** 4;

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
  audioSMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_SECONDS",
    flag: "max-audio-seconds",
    commands: both,
    fallback: 4 * 60 * 60,
    value: integer("SECONDS", 1, 7 * daySeconds),
    help: "Longest audio that is transcribed",
  }),
  queueJobsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_QUEUE_MAX",
    flag: "queue-max",
    commands: serve,
    fallback: 64,
    value: integer("N", 0, 100_000),
    help: "Transcriptions that may wait beyond one a worker; more are told to come back",
  }),
} as const;
