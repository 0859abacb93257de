/**
 * The route POST /v1/listen of Deepgram's API for recordings. The body is the audio, and the options are query
 * parameters.
 */
import { AsrError } from "../../errors.ts";
import { Aliases } from "../../models/aliases.ts";
import type { Config } from "../../settings/config.ts";
import type { AudioContract, AudioReader } from "../audio-contract.ts";
import { invalid, parseBoolean } from "../body/field-value.ts";
import { TranscriptionForm } from "../body/transcription-form.ts";
import type { CompatibleApi, ErrorAnswer, ErrorContext } from "./compatible-api.ts";
import { deepgramJson } from "./deepgram-json.ts";
import {
  never,
  off,
  on,
  oneOf,
  Parameters,
  sameAs,
  text,
  toggle,
  unsupported,
  wholeNumber,
} from "./parameters.ts";
import { sampleEncodings, type Samples, samplesHeader } from "./samples-header.ts";

const contract: AudioContract = {
  path: "/v1/listen",
  read(request, config) {
    checkBody(request.headers.get("content-type") ?? "");
    return reader(new URL(request.url).searchParams, config);
  },
};

export const deepgram: CompatibleApi = {
  name: "deepgram",
  contracts: [contract],
  key: {
    read: (headers) => (/^token +(\S+)$/iu.exec(headers.get("authorization") ?? "") ?? []).slice(1),
    advice: "`Authorization: Token KEY`",
    challenge: "Token",
  },
  errorAnswer,
};

// --- internal ---

/** Options that add facts about the meaning of the text. */
const analysis = "analyse the text";

const parameters = {
  model: text(1024),
  keyterm: sameAs("keywords"),
  language_hint: sameAs("languages"),
  multichannel: toggle(),
  utterances: toggle(),
  smart_format: toggle(),
  punctuate: on("remove punctuation"),
  mip_opt_out: toggle(),
  version: oneOf("latest"),
  encoding: oneOf(...Object.keys(sampleEncodings)),
  sample_rate: wholeNumber(1000, 384_000),
  channels: wholeNumber(1, 32),
  callback: never("send results to another server"),
  callback_method: never("send results to another server"),
  custom_intent: never(analysis),
  custom_intent_mode: never(analysis),
  custom_topic: never(analysis),
  custom_topic_mode: never(analysis),
  detect_entities: off(analysis),
  diarize: off("recognize speakers"),
  diarize_model: never("recognize speakers"),
  dictation: off("write spoken commands as punctuation"),
  extra: never("return values of the request"),
  filler_words: off("add filler words"),
  intents: off(analysis),
  measurements: off("abbreviate measurements"),
  numerals: off("convert numbers"),
  paragraphs: off("divide the text into paragraphs"),
  profanity_filter: off("remove words"),
  redact: off("remove words"),
  replace: never("replace words"),
  search: never("search words"),
  sentiment: off(analysis),
  summarize: off(analysis),
  tag: never("label requests"),
  topics: off(analysis),
  utt_split: never("change the pause between utterances"),
};

/** Rejects bodies that are not audio. */
function checkBody(contentType: string): void {
  const type = contentType.toLowerCase();
  if (type.startsWith("application/json")) {
    const message =
      "This server does not download audio from a URL: send the audio itself as the body";
    throw new AsrError("unsupported_value", message, { param: "url" });
  }
  if (type.startsWith("multipart/")) {
    throw new AsrError("invalid_request", "The body is a form: send the audio itself as the body");
  }
}

function reader(query: URLSearchParams, { modelAliases }: Config): AudioReader {
  const form = new TranscriptionForm("transcribe");
  const sent = new Parameters(parameters, form);
  if (query.has("language") && isDetected(query)) {
    throw invalid("detect_language", "Cannot use detect_language together with language");
  }
  for (const [name, value] of query) addParameter(name, value, sent);
  if (sent.isOn("multichannel")) form.add("channel", "each");
  const model = modelNamed(sent.value("model") ?? null, new Aliases(modelAliases));
  const samples = samplesOf(sent);
  return {
    body: { part: null, ...(samples === null ? {} : { header: samplesHeader(samples) }) },
    choice: { model, task: "transcribe" },
    addField: (name) => {
      throw invalid(name, "The body is a form: send the audio itself as the body");
    },
    finish: (vad) => ({
      parameters: { ...form.finish(vad), model },
      output: {
        contentType: "application/json",
        allowsSpaces: true,
        usesWordTimes: true,
        render: (transcript, facts) =>
          JSON.stringify(
            deepgramJson(transcript, {
              ...facts,
              hasUtterances: sent.isOn("utterances"),
              hasLanguage: isDetected(query),
              // With a header that the server has added, the hash is not that of the body.
              hasHash: samples === null,
            }),
          ),
      },
    }),
  };
}

/** Adds a parameter. Handles those whose meaning depends on the value. */
function addParameter(name: string, value: string, sent: Parameters): void {
  const isOn = parseBoolean(value);
  if (name === "language" && value === "multi") return sent.forward(name, "multilingual", "true");
  if (name === "language") return sent.forward(name, "language", value);
  if (name === "detect_language" && isOn === false) return;
  if (name === "detect_language" && isOn === true) return sent.forward(name, "language", "auto");
  // The value can also be one of the languages from which the detection chooses.
  if (name === "detect_language") return sent.forward(name, "languages", value);
  if (name === "keywords") {
    if (/:-?[\d.]+$/u.test(value))
      throw unsupported(name, value, "weight keywords", "the word alone");
    return sent.forward(name, "keywords", value);
  }
  sent.add(name, value);
}

function isDetected(query: URLSearchParams): boolean {
  return query.getAll("detect_language").some((value) => parseBoolean(value) !== false);
}

/**
 * Returns the model. Deepgram's models mean the default model, because many clients cannot send another name. An alias
 * of the operator gives such a name another meaning.
 */
function modelNamed(name: string | null, aliases: Aliases): string | null {
  if (name === null || aliases.modelOf(name) !== null) return name;
  return deepgramModels.test(name) ? null : name;
}

const deepgramModels =
  /^(?:general|(?:nova(?:-[23])?|enhanced)(?:-\w+)?|base-(?:general|meeting|phonecall|voicemail|finance|conversationalai|video)|whisper(?:-cloud)?)$/u;

/** Returns the format of samples that the client sends without a header. Null if the audio has a header. */
function samplesOf(sent: Parameters): Samples | null {
  const [encoding, rate, channels] = ["encoding", "sample_rate", "channels"].map((name) =>
    sent.value(name),
  );
  if (encoding === undefined && rate === undefined && channels === undefined) return null;
  if (encoding === undefined || rate === undefined) {
    const [missing, found] =
      encoding === undefined ? ["encoding", "sample_rate"] : ["sample_rate", "encoding"];
    const message = `The request has no ${missing}: samples without a header need encoding and sample_rate`;
    throw invalid(sent.value(found) === undefined ? "channels" : missing, message);
  }
  return {
    encoding: encoding as Samples["encoding"],
    sampleRate: Number(rate),
    channels: Number(channels ?? 1),
  };
}

function errorAnswer({ code, kind, message }: AsrError, { requestId }: ErrorContext): ErrorAnswer {
  const known = codes[kind.status] ?? code.toUpperCase();
  return {
    status: kind.status,
    body: { err_code: known, err_msg: message, request_id: requestId },
  };
}

/** Deepgram's codes for the errors that it documents, by HTTP status. */
const codes: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "INVALID_AUTH",
  429: "TOO_MANY_REQUESTS",
};
