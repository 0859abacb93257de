/** Settings of voice activity detection (VAD). */
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
    help: "Send only speech to the model, not silence and noise (voice activity detection)",
  }),
  vadThreshold: setting<number>({
    variable: "OPEN_ASR_VAD_THRESHOLD",
    flag: "vad-threshold",
    commands: both,
    fallback: vadDefaults.threshold,
    value: decimal(vadLimits.threshold),
    help: "Speech starts at this probability; raise it for noisy audio",
  }),
  vadNegThreshold: setting<number | null>({
    variable: "OPEN_ASR_VAD_NEG_THRESHOLD",
    flag: "vad-neg-threshold",
    commands: both,
    fallback: vadDefaults.negThreshold,
    fallbackText: "0.15 under the threshold",
    value: decimal(vadLimits.negThreshold),
    help: "Speech ends below this probability",
  }),
  vadPeakThreshold: setting<number | null>({
    variable: "OPEN_ASR_VAD_PEAK_THRESHOLD",
    flag: "vad-peak-threshold",
    commands: both,
    fallback: vadDefaults.peakThreshold,
    fallbackText: "threshold + 0.45, at most 0.95",
    value: decimal(vadLimits.peakThreshold),
    help: "Drop speech that never reaches this probability: music and noise seldom do",
  }),
  vadMinSpeechMs: setting<number>({
    variable: "OPEN_ASR_VAD_MIN_SPEECH_MS",
    flag: "vad-min-speech-ms",
    commands: both,
    fallback: vadDefaults.minSpeechMs,
    value: integerWithin(vadLimits.minSpeechMs),
    help: "Drop speech that is shorter than this",
  }),
  vadMinSilenceMs: setting<number>({
    variable: "OPEN_ASR_VAD_MIN_SILENCE_MS",
    flag: "vad-min-silence-ms",
    commands: both,
    fallback: vadDefaults.minSilenceMs,
    value: integerWithin(vadLimits.minSilenceMs),
    help: "Silence of this length ends speech",
  }),
  vadSpeechPadMs: setting<number>({
    variable: "OPEN_ASR_VAD_SPEECH_PAD_MS",
    flag: "vad-speech-pad-ms",
    commands: both,
    fallback: vadDefaults.speechPadMs,
    value: integerWithin(vadLimits.speechPadMs),
    help: "Audio to keep before and after speech",
  }),
  vadMaxSpeechS: setting<number | null>({
    variable: "OPEN_ASR_VAD_MAX_SPEECH_S",
    flag: "vad-max-speech-s",
    commands: both,
    fallback: vadDefaults.maxSpeechS,
    fallbackText: "the model's longest chunk",
    value: decimal(vadLimits.maxSpeechS),
    help: "Split longer speech at its quietest pause",
  }),
} as const;
