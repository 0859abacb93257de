/**
 * The route POST /asr of whisper-asr-webservice. The options are query parameters. The form contains only the audio, in
 * the part `audio_file`.
 */
import type { AsrError } from "../../errors.ts";
import { type FileFormat, formats } from "../../transcript/format.ts";
import { oneLine } from "../../transcript/subtitles.ts";
import type { Task, Transcript } from "../../transcript/transcript.ts";
import type { AudioContract, AudioReader, Output } from "../audio-contract.ts";
import { invalid, shown } from "../body/field-value.ts";
import { TranscriptionForm } from "../body/transcription-form.ts";
import type { CompatibleApi, ErrorAnswer, ErrorContext } from "./compatible-api.ts";
import { never, off, oneOf, Parameters, sameAs, toggle } from "./parameters.ts";
import { samplesHeader } from "./samples-header.ts";
import { whisperJson } from "./whisper-json.ts";

const contract: AudioContract = {
  path: "/asr",
  read: ({ url }) => reader(new URL(url).searchParams),
};

export const whisperAsr: CompatibleApi = {
  name: "whisper-asr",
  contracts: [contract],
  errorAnswer,
};

// --- internal ---

const part = "audio_file";

const parameters = {
  task: oneOf("transcribe", "translate"),
  output: oneOf("txt", "vtt", "srt", "tsv", "json"),
  // Without encoding, the body is what the other server reads from ffmpeg: samples of 16 bits at 16 kHz.
  encode: toggle(),
  word_timestamps: toggle(),
  language: sameAs("language"),
  initial_prompt: sameAs("initial_prompt"),
  vad_filter: sameAs("vad_filter"),
  model: sameAs("model"),
  diarize: off("recognize speakers"),
  min_speakers: never("recognize speakers"),
  max_speakers: never("recognize speakers"),
};

function reader(query: URLSearchParams): AudioReader {
  const form = new TranscriptionForm("transcribe");
  const sent = new Parameters(parameters, form);
  for (const [name, value] of query) sent.add(name, value);
  const task: Task = sent.value("task") === "translate" ? "translate" : "transcribe";
  const output = (sent.value("output") ?? "txt") as keyof typeof outputs;
  const isEncoded = sent.isOn("encode", true);
  const samples = { encoding: "linear16", sampleRate: 16_000, channels: 1 } as const;
  return {
    body: { part, ...(isEncoded ? {} : { header: samplesHeader(samples) }) },
    choice: { model: form.model, task },
    addField(name) {
      const message = `Cannot use the form field ${shown(name)}: expected only ${part}; options are query parameters`;
      throw invalid(name, message);
    },
    finish(vad) {
      const { options, ...rest } = form.finish(vad);
      const words = output === "json" && sent.isOn("word_timestamps");
      return {
        parameters: { ...rest, options: { ...options, task, words } },
        output: outputs[output],
      };
    },
  };
}

const outputs = {
  txt: {
    contentType: formats.text.contentType,
    allowsSpaces: false,
    usesWordTimes: false,
    render: ({ segments }) => segments.map(({ text }) => `${oneLine(text)}\n`).join(""),
  },
  vtt: fileOutput("vtt"),
  srt: fileOutput("srt"),
  tsv: fileOutput("tsv"),
  json: {
    contentType: "application/json",
    allowsSpaces: true,
    usesWordTimes: false,
    render: (transcript) => JSON.stringify(jsonOf(transcript)),
  },
} as const satisfies Record<string, Output>;

function fileOutput(format: FileFormat): Output {
  const { contentType, allowsSpaces, render } = formats[format];
  return {
    contentType,
    allowsSpaces,
    usesWordTimes: false,
    render: (transcript) => render(transcript, new Set()),
  };
}

function jsonOf(transcript: Transcript): object {
  return {
    text: transcript.text,
    segments: whisperJson(transcript),
    language: transcript.language ?? undefined,
  };
}

/**
 * Returns the error in the format of FastAPI. A wrong parameter is a list of validation errors with status 422. Every
 * other error is one message.
 */
function errorAnswer({ kind, message, param, code }: AsrError, { url }: ErrorContext): ErrorAnswer {
  if (param === null || kind.status !== 400) {
    return { status: kind.status, body: { detail: message } };
  }
  const loc = [new URL(url).searchParams.has(param) ? "query" : "body", param];
  return { status: 422, body: { detail: [{ type: code, loc, msg: message }] } };
}
