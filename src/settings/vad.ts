/** Settings of voice activity: how speech is told from silence and noise. */
import { vadDefaults, vadLimits } from "../ipc/vad.ts";
import { both, setting } from "./setting.ts";
import { decimal, integerWithin, onOff } from "./value.ts";

export const vadSettings = {
  vad: setting<boolean>({
    variable: "OPEN_ASR_VAD",
    flag: "vad",
    commands: both,
    fallback: true,
    fallbackText: "on",
    value: onOff(),
    help: "Finds the speech first: silence and noise never reach the model",
  }),
  vadThreshold: setting<number>({
    variable: "OPEN_ASR_VAD_THRESHOLD",
    flag: "vad-threshold",
    commands: both,
    fallback: vadDefaults.threshold,
    value: decimal(vadLimits.threshold),
    help: "Speech begins at this probability; raise it in noise",
  }),
  vadNegThreshold: setting<number | null>({
    variable: "OPEN_ASR_VAD_NEG_THRESHOLD",
    flag: "vad-neg-threshold",
    commands: both,
    fallback: vadDefaults.negThreshold,
    fallbackText: "0.15 under the threshold",
    value: decimal(vadLimits.negThreshold),
    help: "Silence begins below this probability",
  }),
  vadPeakThreshold: setting<number | null>({
    variable: "OPEN_ASR_VAD_PEAK_THRESHOLD",
    flag: "vad-peak-threshold",
    commands: both,
    fallback: vadDefaults.peakThreshold,
    fallbackText: "threshold + 0.45, at most 0.95",
    value: decimal(vadLimits.peakThreshold),
    help: "Speech reaches this probability somewhere; music and noise seldom do",
  }),
  vadMinSpeechMs: setting<number>({
    variable: "OPEN_ASR_VAD_MIN_SPEECH_MS",
    flag: "vad-min-speech-ms",
    commands: both,
    fallback: vadDefaults.minSpeechMs,
    value: integerWithin(vadLimits.minSpeechMs),
    help: "Speech is longer than this; what is shorter counts as noise",
  }),
  vadMinSilenceMs: setting<number>({
    variable: "OPEN_ASR_VAD_MIN_SILENCE_MS",
    flag: "vad-min-silence-ms",
    commands: both,
    fallback: vadDefaults.minSilenceMs,
    value: integerWithin(vadLimits.minSilenceMs),
    help: "Silence as long as this parts speech from speech",
  }),
  vadSpeechPadMs: setting<number>({
    variable: "OPEN_ASR_VAD_SPEECH_PAD_MS",
    flag: "vad-speech-pad-ms",
    commands: both,
    fallback: vadDefaults.speechPadMs,
    value: integerWithin(vadLimits.speechPadMs),
    help: "Kept before and behind speech, where words begin and fade",
  }),
  vadMaxSpeechS: setting<number | null>({
    variable: "OPEN_ASR_VAD_MAX_SPEECH_S",
    flag: "vad-max-speech-s",
    commands: both,
    fallback: vadDefaults.maxSpeechS,
    fallbackText: "what the model takes",
    value: decimal(vadLimits.maxSpeechS),
    help: "Longest speech that is decoded at once, cut in its deepest pause",
  }),
} as const;
