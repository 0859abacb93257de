/** Creates the message that makes a runner load a model. */
import { type LoadMessage, protocolVersion } from "../ipc/protocol.ts";
import type { ResolvedModel } from "../jobs/job.ts";
import type { Backend } from "../models/backends/backend.ts";
import { libraryForGpu, usesGpu } from "../models/backends/device.ts";
import type { Config } from "../settings/config.ts";
import { ffmpegOf } from "../settings/ffmpeg.ts";
import { deviceMachine } from "../settings/machine.ts";
import { limitSettings as settings } from "../settings/limits.ts";

export interface LoadFacts {
  readonly config: Config;
  readonly lanes: number;
  /** Number of lanes that the model has if it runs on the CPU. */
  readonly cpuLanes: number;
  /** Whether the runner measures how many lanes the model needs. */
  readonly calibrate: boolean;
}

export function loadMessage(
  model: ResolvedModel,
  backend: Backend,
  { config, lanes, cpuLanes, calibrate }: LoadFacts,
): LoadMessage {
  const machine = deviceMachine();
  return {
    type: "load",
    protocolVersion,
    engine: backend.library,
    engineFile: backend.libraryFile ?? null,
    gpuEngine: libraryForGpu(backend, config.device, machine),
    model: model.source,
    cacheFolders: [...config.cacheFolders],
    gpu: usesGpu(backend, config.device, machine),
    lanes,
    // The CPU replaces the GPU only with the setting "auto". With "gpu", the operator wants an error instead of the
    // slower CPU.
    cpuLanes: config.device === "auto" ? cpuLanes : null,
    threadsPerLane: config.threadsPerLane,
    calibrate,
    computeType: backend.supportsComputeType === true ? config.computeType : null,
    encoderWindow: config.encoderWindow,
    temperatureFallback: config.temperatureFallback,
    beamSize: config.beamSize,
    audioLimits: {
      channelsMax: config.audioChannelsMax,
      rateMin: config.audioRateMin,
      rateMax: config.audioRateMax,
      durationSMax: config.audioSMax,
      samplesMax: config.audioSamplesMax,
      wallMsMax: config.decodeTimeoutS * 1000,
      memoryBytesMax: config.decodeBytesMax,
    },
    limitSettings,
    ffmpeg: ffmpegOf(config),
  };
}

// --- internal ---

/**
 * Names of the settings for the audio limits. An error message about a limit contains the name of the setting, so that
 * the operator knows which setting to change.
 */
const limitSettings = {
  channelsMax: settings.audioChannelsMax.variable,
  rateMin: settings.audioRateMin.variable,
  rateMax: settings.audioRateMax.variable,
  durationSMax: settings.audioSMax.variable,
  samplesMax: settings.audioSamplesMax.variable,
  wallMsMax: settings.decodeTimeoutS.variable,
  memoryBytesMax: settings.decodeBytesMax.variable,
};
