/** The runner process: one loaded model. This thread passes messages and never blocks. */
import { Value } from "@sinclair/typebox/value";
import { cpuFeatures } from "../platform/cpu-features.ts";
import { embeddedFile, libraryPath } from "../platform/embedded.ts";
import { AsrError } from "../errors.ts";
import type { Work } from "../ipc/options.ts";
import { AudioThread } from "./audio/audio-thread.ts";
import { AudioLibrary } from "./audio/audio-library.ts";
import { Cancellation } from "./cancellation.ts";
import { chunksInFlightMax } from "./chunks-in-flight.ts";
import { toFailure } from "../ipc/failure.ts";
import type { ModelPlace } from "./engine/lane.worker.ts";
import { LaneClient, LanePool } from "./engine/lanes.ts";
import { MemoryReport } from "./memory-report.ts";
import {
  channelClosedCode,
  type FromRunner,
  type LoadMessage,
  protocolVersion,
  toRunner,
  type TranscribeMessage,
} from "../ipc/protocol.ts";
import { EngineLibrary, Model } from "./engine/asr-library.ts";
import { Tokenizer } from "./whisper/tokenizer.ts";
import { type EngineRoom, runTranscription } from "./transcription.ts";

const sampleRate = 16000;

export function runChild(): void {
  let room: Promise<EngineRoom> | null = null;
  const jobs = new Map<number, Cancellation>();
  const memory = new MemoryReport((residentBytes) => send({ type: "memory", residentBytes }));

  process.on("message", (message: unknown) => {
    if (isOfOtherVersion(message)) {
      send({ type: "load-failed", failure: toFailure(otherVersion()) });
      return;
    }
    if (!Value.Check(toRunner, message)) {
      exitWith("the parent sent a message this version does not know");
      return;
    }
    switch (message.type) {
      case "load":
        room = memory.during(load(message));
        room.then(
          () => {},
          (error: unknown) => send({ type: "load-failed", failure: toFailure(error) }),
        );
        break;
      case "transcribe":
        if (room === null) exitWith("the parent sent a job before a model");
        else void memory.during(transcribe(message, room, jobs));
        break;
      case "cancel":
        jobs.get(message.job)?.cancel();
        break;
      case "ping":
        send({ type: "pong" });
        break;
    }
  });
  // Nobody waits for this work any more. Threads that are inside an engine do not hold this up.
  process.on("disconnect", () => process.exit(channelClosedCode));
}

// --- internal ---

/** Looked at before all else: what another version sends may not be a message of this one. */
function isOfOtherVersion(message: unknown): boolean {
  const isObject = typeof message === "object" && message !== null;
  return isObject && "protocolVersion" in message && message.protocolVersion !== protocolVersion;
}

function otherVersion(): AsrError {
  return new AsrError(
    "model_load_failed",
    "the executable was replaced while the server ran; restart the server",
  );
}

async function load(message: LoadMessage): Promise<EngineRoom> {
  const place = { cacheFolders: message.cacheFolders, cpuFeatures: cpuFeatures() };
  const enginePath = libraryPath(message.engine, place);
  const audioPath = libraryPath("audio", place);
  // This thread opens each library before a Worker does: first opens in parallel have crashed Bun.
  const engine = new EngineLibrary(enginePath);
  void new AudioLibrary(audioPath);

  const lanes = Array.from({ length: message.lanes }, () => new LaneClient());
  const pointer = await lanes[0]!.load(enginePath, modelPlace(message));
  const libraries = { libraryPath: enginePath, audioLibraryPath: audioPath };
  for (const lane of lanes) await lane.open(libraries, pointer);
  const model = new Model(engine, pointer as never);
  const room: EngineRoom = {
    model,
    tokenizer: new Tokenizer(model),
    lanes: new LanePool(lanes, message.threadsPerLane),
    lanesCount: lanes.length,
    audio: new AudioThread(audioPath),
    audioOptions: {
      sampleRate,
      limits: message.audioLimits,
      limitSettings: message.limitSettings,
    },
    settings: message,
  };
  const chunksInFlight = chunksInFlightMax(lanes.length);
  send({ type: "ready", description: engine.description, chunksInFlight });
  return room;
}

function modelPlace(message: LoadMessage): ModelPlace {
  const { model, gpu, computeType } = message;
  const how = { gpu, computeType, threads: message.lanes * message.threadsPerLane };
  if ("path" in model) return { path: model.path, isEmbedded: false, ...how };
  const path = embeddedFile(model.embedded);
  if (path === null) throw new Error(`this build does not carry "${model.embedded}"`);
  return { path, isEmbedded: true, ...how };
}

async function transcribe(
  { job, audioPath, options, from }: TranscribeMessage,
  loading: Promise<EngineRoom>,
  jobs: Map<number, Cancellation>,
): Promise<void> {
  const cancellation = new Cancellation();
  jobs.set(job, cancellation);
  let work: Work = { decodeS: 0, engineS: 0 };
  try {
    const room = await loading;
    const end = await runTranscription(
      {
        id: job,
        audioPath,
        options,
        from,
        cancellation,
        onStart: () => send({ type: "started", job }),
        onSegments: ({ segments, words, checkpoint }) =>
          send({
            type: "segments",
            job,
            segments: segments.map((segment) => ({ ...segment, tokens: [...segment.tokens] })),
            words: [...words],
            checkpoint,
          }),
        onProgress: ({ doneS, totalS }) => send({ type: "progress", job, doneS, totalS }),
        onWork: (done) => (work = done),
      },
      room,
    );
    send({ type: "done", job, ...end, ...work });
  } catch (error) {
    send({ type: "failed", job, failure: toFailure(error), ...work });
  } finally {
    jobs.delete(job);
  }
}

function send(message: FromRunner): void {
  process.send?.(message);
}

function exitWith(reason: string): void {
  process.stderr.write(`runner: ${reason}\n`);
  process.exit(70);
}
