/** Defines the stages of the work that a runner does for a job, and the time that each stage took. */
import { type Static, Type } from "@sinclair/typebox";

/**
 * The stages of a job in its runner. "waiting": nothing worked for the job. "decode": reading the file. "vad": finding
 * speech and cutting the audio into chunks. "features": log-mel features. "encoder" and "decoder": the two parts of the
 * model. "assembly": turning tokens into segments and words.
 */
export const workStages = [
  "waiting",
  "decode",
  "vad",
  "features",
  "encoder",
  "decoder",
  "assembly",
] as const;
export type WorkStage = (typeof workStages)[number];

export const work = Type.Object({
  waiting: Type.Number(),
  decode: Type.Number(),
  vad: Type.Number(),
  features: Type.Number(),
  encoder: Type.Number(),
  decoder: Type.Number(),
  assembly: Type.Number(),
} satisfies Record<WorkStage, unknown>);

/**
 * Time in seconds that each stage took. Several threads work for a job at the same time, so the sum can exceed the
 * duration of the job.
 */
export type Work = Readonly<Static<typeof work>>;

export const noWork: Work = {
  waiting: 0,
  decode: 0,
  vad: 0,
  features: 0,
  encoder: 0,
  decoder: 0,
  assembly: 0,
};

export function addWork(one: Work, other: Work): Work {
  const sum = { ...one };
  for (const stage of workStages) sum[stage] += other[stage];
  return sum;
}

/** Returns the time in seconds that the model worked, as a sum over lanes. */
export function modelSeconds({ features, encoder, decoder }: Work): number {
  return features + encoder + decoder;
}
