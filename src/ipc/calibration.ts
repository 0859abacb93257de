/** Defines the result of a calibration: how fast a model is with different numbers of lanes. */
import { type Static, Type } from "@sinclair/typebox";

/** How many seconds of audio the model transcribes per second when `lanes` chunks are computed at the same time. */
const laneRate = Type.Object({
  lanes: Type.Integer({ minimum: 1 }),
  audioSPerS: Type.Number({ minimum: 0 }),
});
export type LaneRate = Static<typeof laneRate>;

export const calibrationResult = Type.Object({
  /** Number of lanes that the model uses. */
  lanes: Type.Integer({ minimum: 1 }),
  /** The measured rates. Fewer than two if the model is too slow to compare numbers of lanes. */
  rates: Type.Array(laneRate),
});
export type CalibrationResult = Static<typeof calibrationResult>;
