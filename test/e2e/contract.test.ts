/**
 * Compares raw responses of the executable with the schemas that OpenAI publishes, for every format, for events, models
 * and errors. Translations need a real model, so test/e2e/translations.test.ts compares them.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { type ContractSchema, contractErrors } from "../contract/contract.ts";
import { repository } from "./executable.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

type Fields = Readonly<Record<string, string>>;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    environment: { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS: "2" },
    flags: ["--alias", "gpt-transcribe=null:echo", "--alias", "whisper-1=null:echo"],
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = (fields: Fields, seconds = 1) =>
  server.post(formOf({ file: wavOf(seconds, tone), model: "null:echo", ...fields }));

async function expectContract(response: Response, schema: ContractSchema): Promise<unknown> {
  const body: unknown = await response.json();
  expect(contractErrors(schema, body)).toBeNull();
  return body;
}

describe("a transcription as JSON follows OpenAI's schema", () => {
  const json = "CreateTranscriptionResponseJson";
  const verbose = "CreateTranscriptionResponseVerboseJson";
  const words = { response_format: "verbose_json", "timestamp_granularities[]": "word" };
  test.each([
    [{}, json],
    [{ model: "whisper-1", response_format: "json" }, json],
    [{ model: "gpt-transcribe" }, json],
    [{ "include[]": "logprobs" }, json],
    [{ "languages[]": "en" }, json],
    [{ response_format: "verbose_json" }, verbose],
    [words, verbose],
    [{ ...words, model: "gpt-transcribe" }, verbose],
    [{ ...words, model: "null:transducer" }, verbose],
    [{ ...words, model: "null:streaming" }, verbose],
  ] as [Fields, ContractSchema][])("for the fields %j", async (fields, schema) => {
    const response = await ask(fields);
    expect(response.status).toBe(200);
    // OpenAI's client libraries parse the body as JSON only if it has this content type.
    expect(response.headers.get("content-type")).toStartWith("application/json");
    await expectContract(response, schema);
  });
});

test.each(["null:transducer", "null:streaming"])(
  "segments of %s, which computes Whisper's fields, follow OpenAI's schema",
  async (model) => {
    const path = join(repository, "test/audio/en_agent-user.flac");
    const file = new File([await Bun.file(path).bytes()], "speech.flac");
    // The engine provides no no-speech probability for these models. The server computes it from the voice activity, so
    // `vad` must be on.
    const form = formOf({ file, model, vad: "on", response_format: "verbose_json" });
    const body = await expectContract(
      await server.post(form),
      "CreateTranscriptionResponseVerboseJson",
    );
    expect(body).toMatchObject({ segments: [{ id: 0, no_speech_prob: expect.any(Number) }] });
  },
);

test.each([
  ["text", "text/plain", /^16000 samples$/],
  ["srt", "text/plain", /^1\n00:00:00,000 --> 00:00:01,000\n16000 samples\n/],
  ["vtt", "text/vtt", /^WEBVTT\n\n00:00:00\.000 --> 00:00:01\.000\n16000 samples\n/],
])("a transcription as %s is a text that the SDKs return unchanged", async (format, type, body) => {
  const response = await ask({ response_format: format });
  expect(response.headers.get("content-type")).toStartWith(type);
  expect(await response.text()).toMatch(body);
});

describe("the events of a stream follow OpenAI's schema", () => {
  test.each([
    [{}, ["transcript.text.delta", "transcript.text.done"]],
    [{ model: "gpt-transcribe" }, ["transcript.text.delta", "transcript.text.done"]],
    [{ "include[]": "logprobs" }, ["transcript.text.delta", "transcript.text.done"]],
  ] as [Fields, string[]][])("for the fields %j", async (fields, types) => {
    const events = await eventsOf(await ask({ ...fields, stream: "true" }));
    expect(events.map(({ type }) => type)).toEqual(types);
    for (const event of events) {
      expect(contractErrors("CreateTranscriptionResponseStreamEvent", event)).toBeNull();
    }
  });

  test("and an error after the first event has the shape of an error response", async () => {
    const fields = { prompt: "sleep 1500; say Ann", stream: "true" };
    const events = await eventsOf(await ask(fields, 100));
    expect(contractErrors("CreateTranscriptionResponseStreamEvent", events[0])).toBeNull();
    expect(contractErrors("ErrorResponse", events.at(-1))).toBeNull();
  });
});

test("models follow OpenAI's schemas", async () => {
  await expectContract(await fetch(`${server.url}/v1/models`), "ListModelsResponse");
  for (const name of ["base", "whisper-1", "openai/whisper-1"]) {
    const response = await fetch(`${server.url}/v1/models/${name}`);
    expect(await expectContract(response, "Model")).toMatchObject({ id: name });
  }
});

describe("an error follows OpenAI's schema", () => {
  test.each([
    [400, () => ask({ temperature: "2" })],
    [400, () => ask({ response_format: "diarized_json" })],
    [400, () => ask({}, 0.01)],
    [403, () => ask({ model: "/m.bin" })],
    [404, () => ask({ model: "absent" })],
    [404, () => fetch(`${server.url}/v1/models/absent`)],
    [404, () => fetch(`${server.url}/v1/nothing`)],
    [405, () => fetch(`${server.url}/v1/audio/transcriptions`)],
    [409, () => fetch(`${server.url}/v1/models/base`, { method: "DELETE" })],
    [500, () => ask({ prompt: "fail" })],
    [504, () => ask({ prompt: "sleep 9000" })],
  ] as [number, () => Promise<Response>][])("with status %i", async (status, send) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.headers.get("x-should-retry")).toBe("false");
    await expectContract(response, "ErrorResponse");
  });
});

// --- internal ---

interface StreamEvent {
  readonly type?: string;
}

async function eventsOf(response: Response): Promise<StreamEvent[]> {
  expect(response.headers.get("content-type")).toStartWith("text/event-stream");
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => JSON.parse(line.slice("data: ".length)) as StreamEvent);
}
