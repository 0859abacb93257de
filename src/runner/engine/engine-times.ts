/** Defines the times of the calls of a lane, in seconds. */

/** `struct asr_times`, as a sum over calls. */
export interface EngineTimes {
  readonly featuresS: number;
  readonly encoderS: number;
  readonly decoderS: number;
}

export interface LaneTimes extends EngineTimes {
  /** Time in which the thread of the lane was busy. It includes the time in which the engine waited for other lanes. */
  readonly busyS: number;
}

export const noTimes: LaneTimes = { busyS: 0, featuresS: 0, encoderS: 0, decoderS: 0 };

export function addTimes(one: EngineTimes, other: EngineTimes): EngineTimes {
  return {
    featuresS: one.featuresS + other.featuresS,
    encoderS: one.encoderS + other.encoderS,
    decoderS: one.decoderS + other.decoderS,
  };
}
