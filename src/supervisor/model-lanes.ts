/**
 * Chooses the number of lanes of each model. A calibration can reduce this number: the runner of the model measures how
 * many lanes the model needs.
 */
import type { CalibrationResult } from "../ipc/calibration.ts";
import type { ResolvedModel } from "../jobs/job.ts";
import type { Log } from "../log.ts";
import type { Backend } from "../models/backends/backend.ts";
import { usesGpu } from "../models/backends/device.ts";
import type { Config } from "../settings/config.ts";
import { deviceMachine } from "../settings/machine.ts";
import type { CalibrationFile } from "./calibration-file.ts";
import { calibrationKeyOf } from "./calibration-key.ts";
import { cpuLanes } from "./lane-memory.ts";

export interface ModelLanesOptions {
  readonly config: Config;
  readonly backendOf: (model: ResolvedModel) => Backend;
  /** Returns the number of bytes of memory that the process of a model may use. */
  readonly bytesMax: () => number;
  /** The stored calibrations. Null if no model is calibrated. */
  readonly calibrations: CalibrationFile | null;
  readonly log: Log;
}

export class ModelLanes {
  readonly #options: ModelLanesOptions;
  /** Number of lanes of each model, by model id. */
  readonly #numbers = new Map<string, number>();
  /** Ids of the models that are not calibrated, or not again. */
  readonly #settled = new Set<string>();

  constructor(options: ModelLanesOptions) {
    this.#options = options;
  }

  /** Number of lanes of each known model, by model id. */
  get numbers(): ReadonlyMap<string, number> {
    return this.#numbers;
  }

  /**
   * Returns the number of lanes of a model. Only a calibration changes it, because the queue and the runner must use the
   * same number.
   */
  of(model: ResolvedModel): number {
    const lanes = this.#numbers.get(model.id) ?? this.#choose(model);
    this.#numbers.set(model.id, lanes);
    return lanes;
  }

  /**
   * Returns the number of lanes of a model on the CPU, without a calibration.
   *
   * If the GPU does not work for a model, the runner uses the CPU and has this number of lanes. The queue still starts
   * only as many jobs as the GPU has lanes. Each of these jobs can then use more lanes.
   */
  onCpu(model: ResolvedModel): number {
    const { config, backendOf, bytesMax } = this.#options;
    return config.lanes || cpuLanes(backendOf(model), model.bytes, bytesMax());
  }

  /** Returns whether the next runner of the model must measure how many lanes the model needs. */
  mustCalibrate(model: ResolvedModel): boolean {
    return this.#mayCalibrate(model) && !this.#settled.has(model.id);
  }

  /** Uses the result of a runner that was started with `lanesMax` lanes, and stores it. */
  calibrated(model: ResolvedModel, lanesMax: number, result: CalibrationResult): void {
    const { config, backendOf, calibrations, log } = this.#options;
    const { lanes, rates } = result;
    this.#settled.add(model.id);
    this.#numbers.set(model.id, lanes);
    const facts = { model: model.id, workers: lanes, audio_s_per_s: ratesText(result) };
    if (rates.length < 2) {
      log.info("the model is too slow here to measure how many workers it needs", facts);
      return;
    }
    log.info("measured how many workers the model needs", facts);
    try {
      const key = calibrationKeyOf(model, backendOf(model), config, lanesMax);
      calibrations?.add({ key, result, atMs: Date.now() });
    } catch (error) {
      log.info("cannot store how many workers the model needs; the next server measures it again", {
        model: model.id,
        why: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** Call this when a runner of the model has died. Later runners measure nothing, because this may be the cause. */
  runnerDied(model: ResolvedModel): void {
    this.#settled.add(model.id);
  }

  /**
   * Chooses the number of lanes. The operator may have set this number. Otherwise, it is the number of the backend, or
   * one lane on a GPU. On the CPU, it is the calibrated number. If there is none, it is one or several lanes per core, or
   * fewer if there is not enough memory.
   */
  #choose(model: ResolvedModel): number {
    const { config, backendOf, calibrations, log } = this.#options;
    if (this.#isOnGpu(model)) return config.lanes || (backendOf(model).lanes ?? 1);
    const lanes = this.onCpu(model);
    if (calibrations === null || !this.#mayCalibrate(model)) return lanes;
    const stored = calibrations.find(calibrationKeyOf(model, backendOf(model), config, lanes));
    if (stored === null) return lanes;
    this.#settled.add(model.id);
    log.debug("the model has a stored number of workers", {
      model: model.id,
      workers: stored.result.lanes,
    });
    return stored.result.lanes;
  }

  /**
   * Returns whether a calibration may choose the number of lanes: nobody has set it, and the model runs on the CPU. A
   * number of the backend is the size of its batches.
   */
  #mayCalibrate(model: ResolvedModel): boolean {
    const { config, backendOf, calibrations } = this.#options;
    const isAutomatic = config.lanes === 0 && backendOf(model).lanes === undefined;
    return calibrations !== null && isAutomatic && !this.#isOnGpu(model);
  }

  #isOnGpu(model: ResolvedModel): boolean {
    const { config, backendOf } = this.#options;
    return usesGpu(backendOf(model), config.device, deviceMachine());
  }
}

// --- internal ---

function ratesText({ rates }: CalibrationResult): string {
  return rates.map(({ lanes, audioSPerS }) => `${lanes}: ${audioSPerS.toFixed(1)}`).join(", ");
}
