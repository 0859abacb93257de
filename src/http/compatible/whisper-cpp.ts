/** The route POST /inference of whisper.cpp's server. The audio and the options are fields of a form. */
import type { AsrError } from "../../errors.ts";
import {
  formats,
  hasCues,
  type ResponseFormat,
  responseFormats,
  seconds,
} from "../../transcript/format.ts";
import { languageName } from "../../transcript/languages.ts";
import type { Transcript } from "../../transcript/transcript.ts";
import type { AudioContract, AudioReader, Output } from "../audio-contract.ts";
import { invalid } from "../body/field-value.ts";
import { rejectQuery } from "../body/query-parameters.ts";
import { TranscriptionForm } from "../body/transcription-form.ts";
import type { CompatibleApi } from "./compatible-api.ts";
import { off, oneOf, onlyNumber, Parameters, sameAs, toggle } from "./parameters.ts";
import { whisperJson } from "./whisper-json.ts";

const contract: AudioContract = {
  path: "/inference",
  read(request) {
    rejectQuery(request);
    return reader();
  },
};

export const whisperCpp: CompatibleApi = {
  name: "whisper.cpp",
  contracts: [contract],
  errorAnswer: ({ kind, message }: AsrError) => ({
    status: kind.status,
    body: { error: message },
  }),
};

// --- internal ---

/** Fields that whisper.cpp's server reads. Where only a number is accepted, it is the default of that server. */
const parameters = {
  response_format: oneOf(...responseFormats),
  translate: toggle(),
  detect_language: toggle(),
  no_timestamps: toggle(),
  token_timestamps: toggle(),
  no_language_probabilities: toggle(),
  split_on_word: toggle(),
  language: sameAs("language"),
  prompt: sameAs("prompt"),
  temperature: sameAs("temperature"),
  temperature_inc: sameAs("temperature_inc"),
  beam_size: sameAs("beam_size"),
  model: sameAs("model"),
  vad: sameAs("vad_filter"),
  vad_threshold: sameAs("vad[threshold]"),
  vad_min_speech_duration_ms: sameAs("vad[min_speech_ms]"),
  vad_min_silence_duration_ms: sameAs("vad[min_silence_ms]"),
  vad_max_speech_duration_s: sameAs("vad[max_speech_s]"),
  vad_speech_pad_ms: sameAs("vad[speech_pad_ms]"),
  vad_samples_overlap: onlyNumber("change how chunks overlap", 0.1),
  offset_t: onlyNumber("skip audio", 0),
  offset_n: onlyNumber("skip segments", 0),
  duration: onlyNumber("cut audio", 0),
  max_context: onlyNumber("limit the context", -1),
  max_len: onlyNumber("limit the length of segments", 0),
  best_of: onlyNumber("change the number of samples", -1, 2, 5),
  audio_ctx: onlyNumber("set the context of the encoder", 0),
  word_thold: onlyNumber("change this threshold", 0.01),
  entropy_thold: onlyNumber("change this threshold", 2.4),
  logprob_thold: onlyNumber("change this threshold", -1),
  no_speech_thold: onlyNumber("change this threshold", 0.6),
  diarize: off("recognize speakers"),
  tinydiarize: off("recognize speakers"),
  debug_mode: off("have a debug mode"),
  carry_initial_prompt: off("repeat the prompt for each chunk"),
  suppress_nst: off("suppress tokens"),
  suppress_non_speech: off("suppress tokens"),
};

function reader(): AudioReader {
  const form = new TranscriptionForm("transcribe");
  const sent = new Parameters(parameters, form);
  return {
    body: { part: "file" },
    // The field `translate` may be the last one, and not every model translates.
    choice: null,
    addField: (name, value) => sent.add(name, value),
    finish(vad) {
      const { options, ...rest } = form.finish(vad);
      if (sent.isOn("detect_language") && options.language !== null) {
        throw invalid("detect_language", "Cannot use detect_language together with language");
      }
      const task = sent.isOn("translate") ? "translate" : "transcribe";
      return { parameters: { ...rest, options: { ...options, task } }, output: outputOf(sent) };
    },
  };
}

function outputOf(sent: Parameters): Output {
  const format = (sent.value("response_format") ?? "json") as ResponseFormat;
  const hasTimes = !sent.isOn("no_timestamps");
  if (!hasTimes && hasCues(format)) {
    const message = `Cannot use no_timestamps with response_format "${format}": subtitles have times`;
    throw invalid("no_timestamps", message);
  }
  const hasWords = hasTimes && sent.isOn("token_timestamps", true);
  const { contentType, allowsSpaces } = formats[format];
  return {
    contentType: contentTypes[format] ?? contentType,
    allowsSpaces,
    usesWordTimes: format === "verbose_json" && hasWords,
    render(transcript) {
      if (format === "json") return JSON.stringify({ text: linesOf(transcript) });
      if (format === "text") return linesOf(transcript);
      if (format === "verbose_json") return JSON.stringify(verbose(transcript, hasTimes));
      return formats[format].render(transcript, new Set());
    },
  };
}

/** Media types of whisper.cpp's server, where they differ from those of OpenAI's API. */
const contentTypes: Readonly<Partial<Record<ResponseFormat, string>>> = {
  srt: "application/x-subrip; charset=utf-8",
};

/** Returns the text of the segments, one per line. */
function linesOf({ segments }: Transcript): string {
  return segments.map(({ text }) => `${text}\n`).join("");
}

function verbose(transcript: Transcript, hasTimes: boolean): object {
  const { task, language, durationS } = transcript;
  return {
    task,
    language: language === null ? "unknown" : languageName(language),
    duration: seconds(durationS),
    text: linesOf(transcript),
    segments: hasTimes ? whisperJson(transcript) : untimedSegments(transcript),
  };
}

function untimedSegments(transcript: Transcript): object[] {
  const segments = whisperJson({ ...transcript, words: null });
  return segments.map((segment) => ({ ...segment, start: undefined, end: undefined }));
}
