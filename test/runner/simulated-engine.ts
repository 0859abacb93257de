/**
 * Simulates the engine and the audio of a runner. Each chunk stays in its lane until the simulation ends it, so a
 * schedule depends only on its seed.
 */
import { AsrError } from "../../src/errors.ts";
import type { AudioFile } from "../../src/runner/audio/audio-thread.ts";
import type { AudioChunk } from "../../src/runner/audio/chunker.ts";
import { DecodedAudio } from "../../src/runner/decoded-audio.ts";
import { LanePool } from "../../src/runner/engine/lanes.ts";
import { Turns } from "../../src/runner/engine/turns.ts";
import type { Recognizer, SessionStart } from "../../src/runner/recognizer.ts";
import type { Engine } from "../../src/runner/transcription.ts";
import { englishCapabilities } from "../ipc/plain-job.ts";
import { plainFacts } from "../transcript/plain-facts.ts";
import { chunkAt, lanesOf, needs } from "./job.ts";

/** The audio of a simulated file. The number of a file is also its path. */
export interface SimulatedFile {
  /** Lengths of the chunks in seconds. */
  readonly chunksS: readonly number[];
  /** Whether the header declares the length. */
  readonly declaresLength: boolean;
  /** Number of the chunk at which the engine fails; null if it never fails. */
  readonly failsAt: number | null;
}

/** Maximum length of a chunk in seconds. */
export const chunkMaxS = 30;

export class SimulatedEngine {
  readonly engine: Engine;
  /** Functions that end a chunk in a lane. */
  readonly inLanes: (() => void)[] = [];
  readonly broken: string[] = [];
  readonly #lanes: number;
  readonly #files: readonly SimulatedFile[];
  readonly #held = new Set<AudioChunk>();

  constructor(lanes: number, files: readonly SimulatedFile[]) {
    this.#lanes = lanes;
    this.#files = files;
    this.engine = {
      recognizer: this.#recognizer(),
      lanes: new LanePool(lanesOf(...Array.from({ length: lanes }, () => ({}))), 1),
      decoded: new DecodedAudio({ lanes, chunkMaxS }),
      audio: {
        open: async ({ path }) => this.open(this.#files[Number(path)]!),
        turns: new Turns(1),
      },
      audioOptions: { limits: {} },
    };
  }

  /** Returns the rules that the engine's state breaks now. */
  check(isOver: boolean): string[] {
    const { decoded } = this.engine;
    const found = [...this.broken];
    if (this.inLanes.length > this.#lanes) found.push("more chunks than lanes were in lanes");
    if (decoded.heldS > decoded.maxS + 1e-6) found.push(`${decoded.heldS} s of audio were decoded`);
    if (isOver && decoded.heldS !== 0) found.push("decoded audio was left over");
    if (isOver && this.inLanes.length > 0) found.push("a chunk was left in a lane");
    return found;
  }

  open({ chunksS, declaresLength }: SimulatedFile): AudioFile {
    let index = 0;
    let atS = 0;
    const lengthS = chunksS.reduce((sum, one) => sum + one, 0);
    return {
      durationS: declaresLength ? lengthS : null,
      channels: 1,
      decodeS: 0,
      vadS: 0,
      next: async () => {
        const durationS = chunksS[index++];
        if (durationS === undefined) return { endS: lengthS, track: null };
        const chunk = chunkAt(atS, durationS);
        atS += durationS;
        this.#held.add(chunk);
        return chunk;
      },
      giveBack: (chunk) => {
        if (!this.#held.delete(chunk)) this.broken.push("a chunk was given back twice");
      },
      [Symbol.dispose]: () => {},
    };
  }

  #recognizer(): Recognizer {
    const chunksAtOnce = this.#lanes + 1;
    return {
      needs: { ...needs, chunkMaxS },
      can: englishCapabilities,
      chunksAtOnce,
      open: ({ options, from }: SessionStart, lanes) => {
        const file = this.#files[Number(options.prompt)]!;
        let pushed = from?.replayFrom ?? 0;
        let last: Promise<unknown> = Promise.resolve();
        return {
          chunksAtOnce,
          language: "en",
          promptTokens: 0,
          push: ({ startS, durationS }) => {
            const number = pushed++;
            const work = lanes.use(async (_lane, { cancel: stopFlag }) => {
              await this.#untilEnded();
              if (stopFlag[0] !== 0) throw new AsrError("client_closed_request", "Cancelled");
              if (number === file.failsAt) throw new AsrError("internal_error", "Failed");
            });
            const result = Promise.allSettled([last, work]).then(async () => {
              await work;
              const times = { startS, endS: startS + durationS };
              const segment = { ...plainFacts, ...times, text: String(number) };
              return { segments: [segment], words: [], resume };
            });
            last = result;
            return result;
          },
          finish: async () => ({ segments: [], words: [], resume }),
          close: async () => {},
        };
      },
    };
  }

  #untilEnded(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.inLanes.splice(this.inLanes.indexOf(end), 1);
        resolve();
      };
      this.inLanes.push(end);
    });
  }
}

// --- internal ---

const resume = { language: "en", spokenS: {}, replay: 0 };
