/**
 * Runs the runner process, which loads one model. The main thread makes no long engine calls, because it must be able
 * to answer messages at any time.
 */
import { Value } from "@sinclair/typebox/value";
import { cpuFeatures } from "../platform/cpu-features.ts";
import { libraryPath } from "../platform/library-install.ts";
import { physicalCores } from "../platform/physical-cores.ts";
import { AsrError } from "../errors.ts";
import { noWork } from "../ipc/work.ts";
import { AudioFiles } from "./audio/audio-files.ts";
import { AudioThread } from "./audio/audio-thread.ts";
import { feedS } from "./audio/feed-cutter.ts";
import { AudioLibrary } from "./audio/audio-library.ts";
import { calibrate } from "./calibration/calibrate.ts";
import { WhileIdle } from "./calibration/while-idle.ts";
import { Cancellation } from "./cancellation.ts";
import { DecodedAudio } from "./decoded-audio.ts";
import { toFailure } from "../ipc/failure.ts";
import type { Libraries, ModelLocation } from "./engine/lane.worker.ts";
import { LaneClient } from "./engine/lane-client.ts";
import { LanePool } from "./engine/lanes.ts";
import { lanesForShortJobs } from "./engine/short-jobs.ts";
import { MemoryReport } from "./memory-report.ts";
import {
  channelClosedCode,
  type FromRunner,
  type LoadMessage,
  protocolVersion,
  toRunner,
  type TranscribeMessage,
} from "../ipc/protocol.ts";
import { EngineLibrary } from "./engine/asr-library.ts";
import { IdleMemory } from "./idle-memory.ts";
import { Model } from "./engine/asr-model.ts";
import { callGroup } from "./engine/asr-structs.ts";
import type { Recognizer } from "./recognizer.ts";
import { StreamingRecognizer } from "./streaming/recognizer.ts";
import { chunksInFlight, type Engine, runTranscription } from "./transcription.ts";
import { TransducerRecognizer } from "./transducer/recognizer.ts";
import { WhisperRecognizer } from "./whisper/recognizer.ts";

export function runChild(): void {
  let engine: Promise<Engine> | null = null;
  const jobs = new Map<number, Cancellation>();
  let calibration: WhileIdle | null = null;
  const memory = new MemoryReport((residentBytes) => send({ type: "memory", residentBytes }));
  const idleMemory = new IdleMemory(() => memory.measure());
  const whenIdle = (): void => {
    if (jobs.size > 0) return;
    calibration?.idle();
    idleMemory.idle();
  };

  process.on("message", (message: unknown) => {
    if (isOfOtherVersion(message)) {
      send({ type: "load-failed", failure: toFailure(otherVersion()) });
      return;
    }
    if (!Value.Check(toRunner, message)) {
      exitWith("the server sent a message that this version does not understand");
      return;
    }
    switch (message.type) {
      case "load":
        engine = memory.during(load(message));
        if (message.calibrate)
          calibration = calibrationOf(engine, memory, {
            onStart: () => idleMemory.busy(),
            onEnd: whenIdle,
          });
        engine.then(whenIdle, (error: unknown) =>
          send({ type: "load-failed", failure: toFailure(error) }),
        );
        break;
      case "transcribe":
        if (engine === null) exitWith("the server sent a transcribe message before a load message");
        calibration?.busy();
        idleMemory.busy();
        void memory.during(transcribe(message, engine, jobs)).then(whenIdle);
        break;
      case "cancel":
        jobs.get(message.job)?.cancel();
        break;
      case "ping":
        send({ type: "pong" });
        break;
    }
  });
  // The server has ended or has closed the channel, so the runner exits at once, even if its threads are inside engine
  // calls.
  process.on("disconnect", () => process.exit(channelClosedCode));
}

// --- internal ---

/**
 * Returns whether a server of another version sent the message. Call this function before the message is validated,
 * because each version has its own message format.
 */
function isOfOtherVersion(message: unknown): boolean {
  const isObject = typeof message === "object" && message !== null;
  return isObject && "protocolVersion" in message && message.protocolVersion !== protocolVersion;
}

function otherVersion(): AsrError {
  return new AsrError(
    "model_load_failed",
    "The executable was replaced while the server ran; restart the server",
  );
}

async function load(message: LoadMessage): Promise<Engine> {
  const target = { cacheFolders: message.cacheFolders, cpuFeatures: cpuFeatures() };
  const audioPath = libraryPath("audio", target);
  // This thread must open each library before a Worker does, because Bun has crashed when several threads called dlopen
  // for the first time in parallel.
  void new AudioLibrary(audioPath);
  const { lanes, pointer, library, gpuFailure } = await openLanes(message, (gpu) => {
    const { gpuEngine, engine, engineFile } = message;
    const { name, file } = (gpu && gpuEngine) || { name: engine, file: engineFile };
    const enginePath = file ?? libraryPath(name, target);
    return {
      library: new EngineLibrary(enginePath),
      libraries: { libraryPath: enginePath, audioLibraryPath: audioPath },
    };
  });
  const recognizer = recognizerFor(new Model(library, pointer as never), message, lanes.length);
  const engine: Engine = {
    recognizer,
    lanes: new LanePool(lanes, message.threadsPerLane, lanesForShortJobs(lanes.length)),
    decoded: new DecodedAudio({
      lanes: lanes.length,
      chunkMaxS: recognizer.needs.chunkMaxS ?? feedS,
    }),
    audio: new AudioFiles(new AudioThread(audioPath), {
      ffmpeg: message.ffmpeg,
      limits: message.audioLimits,
      limitSettings: message.limitSettings,
    }),
    audioOptions: { limits: message.audioLimits, limitSettings: message.limitSettings },
  };
  send({
    type: "ready",
    description: library.description,
    gpuFailure,
    capabilities: recognizer.can,
    chunksInFlight: chunksInFlight(recognizer),
  });
  return engine;
}

/** Returns the calibration of the model. It runs when the process is idle for the first time. */
function calibrationOf(
  loading: Promise<Engine>,
  memory: MemoryReport,
  { onStart, onEnd }: { readonly onStart: () => void; readonly onEnd: () => void },
): WhileIdle {
  return new WhileIdle({
    idleMs: idleMsBeforeCalibration,
    work: async (signal) => {
      onStart();
      try {
        const result = await memory.during(calibrate(await loading, signal));
        if (result !== null) send({ type: "calibrated", ...result });
      } finally {
        onEnd();
      }
    },
    onFailure: (error) =>
      process.stderr.write(`runner: the calibration failed: ${String(error)}\n`),
  });
}

/**
 * The calibration starts when the process has had no job for this number of milliseconds. Clients that send one file after
 * another then rarely stop it.
 */
const idleMsBeforeCalibration = 3000;

interface OpenedEngine {
  readonly library: EngineLibrary;
  readonly libraries: Libraries;
}

interface OpenLanes {
  readonly lanes: readonly LaneClient[];
  /** The handle of the loaded model. */
  readonly pointer: number;
  readonly library: EngineLibrary;
  /** Reason why the model runs on the CPU although the GPU was requested. Null when it runs on the requested device. */
  readonly gpuFailure: string | null;
}

/**
 * Loads the model and opens its lanes. If the GPU does not work and the message allows the CPU, loads the model on the
 * CPU. `openEngine` opens the engine's library for a GPU or for the CPU.
 */
async function openLanes(
  message: LoadMessage,
  openEngine: (gpu: boolean) => OpenedEngine,
): Promise<OpenLanes> {
  try {
    return { ...(await openLanesOn(message, openEngine)), gpuFailure: null };
  } catch (error) {
    if (!message.gpu || message.cpuLanes === null) throw error;
    const onCpu = { ...message, gpu: false, lanes: message.cpuLanes };
    const gpuFailure = error instanceof Error ? error.message : String(error);
    return { ...(await openLanesOn(onCpu, openEngine)), gpuFailure };
  }
}

async function openLanesOn(
  message: LoadMessage,
  openEngine: (gpu: boolean) => OpenedEngine,
): Promise<Omit<OpenLanes, "gpuFailure">> {
  const { library, libraries } = openEngine(message.gpu);
  const lanes = Array.from({ length: message.lanes }, () => new LaneClient());
  const pointer = await lanes[0]!.load(libraries.libraryPath, modelLocation(message));
  for (const lane of lanes) await lane.open(libraries, pointer);
  return { lanes, pointer, library };
}

/**
 * Selects the recognizer for the model. The model's call groups determine which recognizers are possible. If several
 * are possible, prefers prompted to recognize, and recognize to stream.
 */
function recognizerFor(model: Model, message: LoadMessage, lanes: number): Recognizer {
  const { groups } = model.info;
  if ((groups & callGroup.prompted) !== 0) return new WhisperRecognizer(model, message, lanes);
  if ((groups & callGroup.recognize) !== 0) return new TransducerRecognizer(model, lanes);
  if ((groups & callGroup.stream) !== 0) return new StreamingRecognizer(model);
  throw new AsrError(
    "model_load_failed",
    `Cannot use the model: the engine reports call groups ${groups}, expected prompted, recognize or stream`,
  );
}

function modelLocation(message: LoadMessage): ModelLocation {
  const { model, engine, gpu, computeType } = message;
  const source = "path" in model ? model : { name: model.embedded, engine };
  const threads = Math.min(message.lanes, physicalCores()) * message.threadsPerLane;
  return { source, gpu, computeType, threads };
}

async function transcribe(
  { job, audioPath, options, from, client, deadlineMs }: TranscribeMessage,
  loading: Promise<Engine>,
  jobs: Map<number, Cancellation>,
): Promise<void> {
  const cancellation = new Cancellation();
  jobs.set(job, cancellation);
  let work = noWork;
  try {
    const engine = await loading;
    const end = await runTranscription(
      {
        id: job,
        audioPath,
        options,
        from,
        client,
        deadlineMs,
        cancellation,
        onStart: () => send({ type: "started", job }),
        onSegments: ({ segments, words, checkpoint, ...input }) =>
          send({
            type: "segments",
            job,
            segments: segments.map((segment) => ({ ...segment, tokens: [...segment.tokens] })),
            words: [...words],
            checkpoint,
            ...input,
          }),
        onProgress: (progress) => send({ type: "progress", job, ...progress }),
        onWork: (done) => (work = done),
      },
      engine,
    );
    send({ type: "done", job, ...end, work });
  } catch (error) {
    send({ type: "failed", job, failure: toFailure(error), work });
  } finally {
    jobs.delete(job);
  }
}

function send(message: FromRunner): void {
  process.send?.(message);
}

function exitWith(reason: string): never {
  process.stderr.write(`runner: ${reason}\n`);
  process.exit(70);
}
