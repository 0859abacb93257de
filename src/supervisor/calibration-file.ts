/**
 * Stores the results of calibrations in a file in the cache folder. A calibration applies only to the same program, model,
 * settings and machine, which its key describes.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { calibrationResult } from "../ipc/calibration.ts";
import { nullable } from "../ipc/nullable.ts";
import { requireTrustedFile, requireTrustedPath } from "../platform/folder-trust.ts";
import { writeWholeFile } from "../platform/whole-file.ts";

/** Everything on which the result depends. If one of these values changes, the model is measured again. */
const calibrationKey = Type.Object({
  version: Type.String(),
  backend: Type.String(),
  model: Type.String(),
  /** Size of the weights in bytes, and their modification time in milliseconds since 1970. */
  bytes: Type.Number(),
  mtimeMs: nullable(Type.Number()),
  computeType: nullable(Type.String()),
  beamSize: Type.Integer(),
  threadsPerLane: Type.Integer(),
  cpu: Type.String(),
  /** Highest CPU level that the CPU can run. An engine chooses its instructions by the features of this level. */
  level: Type.String(),
  cores: Type.Integer(),
  /** Number of lanes for which the memory is enough, and which the backend wants. */
  lanesMax: Type.Integer(),
});
export type CalibrationKey = Static<typeof calibrationKey>;

const storedCalibration = Type.Object({
  key: calibrationKey,
  result: calibrationResult,
  /** Time of the measurement, in milliseconds since 1970. */
  atMs: Type.Number(),
});
export type StoredCalibration = Static<typeof storedCalibration>;

/** Maximum number of calibrations in a file. The oldest ones are removed. */
const calibrationsMax = 100;

export const calibrationFileName = "calibrations.json";

export class CalibrationFile {
  readonly #folders: readonly string[];

  /** `cacheFolders` are in order of preference: the result of `cacheFolders()`. */
  constructor(cacheFolders: readonly string[]) {
    this.#folders = cacheFolders;
  }

  /** Returns all stored calibrations, the newest of a file first. A damaged or foreign file counts as empty. */
  read(): readonly StoredCalibration[] {
    return this.#folders.flatMap(readFrom);
  }

  find(key: CalibrationKey): StoredCalibration | null {
    return this.read().find((one) => Bun.deepEquals(one.key, key, true)) ?? null;
  }

  /** Stores a calibration in the first folder in which this is possible. Throws the last error if there is none. */
  add(calibration: StoredCalibration): void {
    let failure: unknown = new Error("there is no cache folder");
    for (const folder of this.#folders) {
      try {
        addTo(folder, calibration);
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}

// --- internal ---

const content = Type.Object({
  schema: Type.Literal(1),
  calibrations: Type.Array(storedCalibration),
});

function readFrom(folder: string): readonly StoredCalibration[] {
  const path = join(folder, calibrationFileName);
  try {
    requireTrustedPath(folder);
    requireTrustedFile(path);
    const read: unknown = JSON.parse(readFileSync(path, "utf8"));
    return Value.Check(content, read) ? read.calibrations.filter(isPossible) : [];
  } catch {
    return [];
  }
}

function isPossible({ key, result }: StoredCalibration): boolean {
  return result.lanes <= key.lanesMax;
}

/** If two servers write at the same time, one calibration is lost, and is then measured again. */
function addTo(folder: string, calibration: StoredCalibration): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  requireTrustedPath(folder);
  const others = readFrom(folder).filter(({ key }) => !Bun.deepEquals(key, calibration.key, true));
  const calibrations = [calibration, ...others].slice(0, calibrationsMax);
  const text = `${JSON.stringify({ schema: 1, calibrations }, null, 2)}\n`;
  writeWholeFile(join(folder, calibrationFileName), text, 0o600);
}
