/**
 * Tests streamed transcriptions by the executable with OpenAI's client (`stream: true`): events, errors, comments, and
 * clients that disconnect.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { APIError } from "openai";
import type {
  TranscriptionCreateParamsStreaming,
  TranscriptionStreamEvent,
} from "openai/resources/audio/transcriptions";
import { contractErrors } from "../contract/contract.ts";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { repository } from "./executable.ts";
import { expectError, failureOf } from "./failures.ts";
import { formOf, nullEngine, startServer, until, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const jfkPath = join(repository, "test/audio/jfk.flac");

type Options = Partial<TranscriptionCreateParamsStreaming>;

interface Heard {
  readonly events: TranscriptionStreamEvent[];
  readonly deltas: string;
  /** Text of the event `transcript.text.done`. Null if the stream ended without this event. */
  readonly done: string | null;
}

/** Returns all events of a stream. Calls `seen` with each event when it arrives. */
async function listen(
  server: TestServer,
  params: Options & Pick<TranscriptionCreateParamsStreaming, "file">,
  seen: (event: TranscriptionStreamEvent) => void = () => {},
): Promise<Heard> {
  const stream = await server
    .client()
    .audio.transcriptions.create({ model: "whisper-1", ...params, stream: true });
  const events: TranscriptionStreamEvent[] = [];
  for await (const event of stream) {
    events.push(event);
    seen(event);
  }
  for (const event of events) {
    expect(contractErrors("CreateTranscriptionResponseStreamEvent", event)).toBeNull();
  }
  const deltas = events
    .map((event) => (event.type === "transcript.text.delta" ? event.delta : ""))
    .join("");
  const last = events.at(-1);
  return { events, deltas, done: last?.type === "transcript.text.done" ? last.text : null };
}

describe("with the starter model", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(["json", "text"] as const)(
    "the deltas joined are the text of the response without a stream (%s)",
    async (response_format) => {
      const file = () => createReadStream(jfkPath);
      const { events, deltas, done } = await listen(server, { file: file(), response_format });
      expect(events.length).toBeGreaterThanOrEqual(2);
      expect(deltas).toBe(done!);
      const whole = await server
        .client()
        .audio.transcriptions.create({ file: file(), model: "base" });
      expect(done).toBe(whole.text);
      expect(normalisedWords(deltas)).toContain("country");
    },
  );
});

test.each([
  ["whisper.cpp", []],
  ["CTranslate2", ["--model", join(repository, ".build/models/faster-whisper-base")]],
])("the tokens of %s joined are the text, in events and in json", async (_engine, flags) => {
  await using server = await startServer({ flags });
  const file = () => createReadStream(jfkPath);
  const { events, done } = await listen(server, { file: file(), include: ["logprobs"] });
  const last = events.at(-1)!;
  const inDeltas = events.slice(0, -1).flatMap((event) => logprobsOf(event));
  expect(inDeltas).toEqual(logprobsOf(last));
  const answer = await server.client().audio.transcriptions.create({
    file: file(),
    model: "whisper-1",
    include: ["logprobs"],
  });
  expect(contractErrors("CreateTranscriptionResponseJson", answer)).toBeNull();
  expect(answer.logprobs).toEqual(logprobsOf(last));
  const bytes = answer.logprobs!.flatMap((token) => token.bytes ?? []);
  expect(Buffer.from(bytes).toString().trim()).toBe(done!);
  for (const { logprob } of answer.logprobs!) {
    expect(logprob).toBeLessThanOrEqual(0);
    expect(logprob).toBeGreaterThan(-20);
  }
});

function logprobsOf(event: TranscriptionStreamEvent) {
  if (event.type === "transcript.text.segment") return [];
  return event.logprobs ?? [];
}

describe("with the null engine", () => {
  let server: TestServer;
  beforeAll(async () => {
    const settings = {
      OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1",
      OPEN_ASR_SERVER_QUEUE_MAX: "1",
      OPEN_ASR_SERVER_STREAM_PING_SECONDS: "1",
      OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS: "5",
      OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo",
    };
    server = await startServer({ environment: { ...nullEngine, ...settings } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Fields of a request to the model echo, which executes the commands in the prompt for each chunk of 30 s. */
  const command = (prompt: string, seconds = 0.5) => ({
    file: wavOf(seconds, tone),
    model: "null:echo",
    prompt,
  });
  const post = (prompt: string, seconds?: number, init: RequestInit = {}) =>
    server.post(formOf({ ...command(prompt, seconds), stream: "true" }), init);

  test.each([
    "whisper-1",
    "gpt-transcribe",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "null:echo",
  ])("the model name %s streams", async (model) => {
    const { deltas, done } = await listen(server, { ...command("say hi"), model });
    expect([deltas, done]).toEqual(["hi", "hi"]);
  });

  test.each(["gpt-4o-transcribe", "gpt-transcribe"])(
    "%s has its usage in tokens, in events and in json; only gpt-transcribe has languages",
    async (model) => {
      const { events } = await listen(server, { ...command("say hi", 1), model });
      // The model echo counts 50 input tokens for one second of audio, and one input token for each byte of the prompt
      // " say hi". It counts one output token for each byte of the text " hi" and for each of two timestamps.
      const usage = { type: "tokens", input_tokens: 57, output_tokens: 5, total_tokens: 62 };
      const languages = [{ code: "en" }];
      const seen = model === "gpt-transcribe" ? { usage, languages } : { usage };
      expect(events.at(-1)).toMatchObject(seen);
      const asked = { ...command("say hi", 1), model };
      const answer = await server.client().audio.transcriptions.create(asked);
      expect(contractErrors("CreateTranscriptionResponseJson", answer)).toBeNull();
      expect(answer).toMatchObject(seen);
      expect(Object.hasOwn(answer, "languages")).toBe(model === "gpt-transcribe");
    },
  );

  test("a delta arrives while the rest of the file is transcribed", async () => {
    const finished: boolean[] = [];
    const { deltas, done } = await listen(server, command("sleep 700; say Ann", 90), () =>
      finished.push(server.spooled().length === 0),
    );
    expect(finished[0]).toBe(false);
    expect(finished.length).toBeGreaterThanOrEqual(4);
    expect(deltas).toMatch(/^Ann( Ann){2,}$/);
    expect(done).toBe(deltas);
  });

  test("audio without text has no delta and an empty text", async () => {
    const { events } = await listen(server, { file: wavOf(1), model: "null:echo" });
    expect(events).toEqual([{ type: "transcript.text.done", text: "" }]);
  });

  test("the body contains only comments and data lines; the headers keep proxies from collecting it", async () => {
    const response = await post("sleep 2500; say hi");
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("x-request-id")).toMatch(/^req_\w+$/);
    expect(Number(response.headers.get("openai-processing-ms"))).toBeGreaterThan(500);
    const lines = (await response.text()).split("\n\n");
    expect(lines.pop()).toBe("");
    expect(lines.filter((line) => line === ": ping").length).toBeGreaterThanOrEqual(2);
    expect(lines.filter((line) => line !== ": ping")).toEqual([
      'data: {"type":"transcript.text.delta","delta":"hi"}',
      'data: {"type":"transcript.text.done","text":"hi"}',
    ]);
  });

  test("comments are sent while the job waits in the queue, and OpenAI's client skips them", async () => {
    const running = post("sleep 3000; say first");
    await until("the first upload is on disk", () => server.spooled().length === 1);
    await Bun.sleep(200);
    const waiting = await post("say second");
    const reader = waiting.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(": ping\n\n");
    await reader.cancel();
    expect(await (await running).text()).toContain("first");
    expect((await listen(server, command("sleep 2200; say third"))).done).toBe("third");
  });

  test("an error before the first event has its HTTP status", async () => {
    await expectError(
      await server.post(formOf({ file: new File(["no audio"], "a.wav"), stream: "true" })),
      {
        status: 400,
        code: "unsupported_audio",
      },
    );
    await expectError(await post("fail"), { status: 500, code: "internal_error" });
    const busy = [post("sleep 3000"), post("sleep 10")];
    await until("both uploads are on disk", () => server.spooled().length === 2);
    await Bun.sleep(200);
    await expectError(await post("say hi"), { status: 503, code: "server_busy", retry: true });
    await Promise.all(busy.map(async (answer) => (await answer).text()));
  });

  test("the format verbose_json streams progress, segments, and words at the end", async () => {
    const form = formOf({
      ...command("say hi"),
      response_format: "verbose_json",
      "timestamp_granularities[]": "word",
      stream: "true",
    });
    const lines = (await (await server.post(form)).text()).trim().split("\n\n");
    const events = lines.map((line): unknown => JSON.parse(line.replace("data: ", "")));
    expect(events).toContainEqual(expect.objectContaining({ type: "transcript.progress" }));
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "transcript.text.delta",
        segment: expect.objectContaining({ text: " hi", start: expect.any(Number) }),
      }),
    );
    expect(events.at(-1)).toMatchObject({
      type: "transcript.text.done",
      text: "hi",
      words: [{ word: "hi", start: expect.any(Number) }],
    });
  });

  test.each(["srt", "vtt"] as const)("the format %s cannot be streamed", async (format) => {
    const asked = server.client().audio.transcriptions.create({
      ...command("say hi"),
      response_format: format,
      stream: true,
    });
    const failure = await failureOf(asked);
    expect(failure).toMatchObject({
      status: 400,
      code: "unsupported_value",
      param: "response_format",
    });
  });

  test("an error after the first event is an event that OpenAI's client throws", async () => {
    const events: TranscriptionStreamEvent[] = [];
    const failure = await listen(server, command("sleep 2000; say Ann", 150), (event) =>
      events.push(event),
    ).catch((error: unknown) => error);
    expect(events[0]).toEqual({ type: "transcript.text.delta", delta: "Ann" });
    expect(events.map(({ type }) => type)).not.toContain("transcript.text.done");
    expect(failure).toBeInstanceOf(APIError);
    expect(failure).toMatchObject({ code: "deadline_exceeded", type: "server_error", param: null });
    expect((failure as APIError).message).toContain("5 s");
    await until("the log has the error", () => server.log().includes("error=deadline_exceeded"));
  });

  test.each([
    ["between two events", "sleep 1500; say Ann", 90, 1],
    ["while the job waits for its first event", "sleep 4500; say Ann", 0.5, 0],
  ])("a client that disconnects %s ends its job", async (_when, prompt, seconds, reads) => {
    const leaving = new AbortController();
    const answer = post(prompt, seconds, { signal: leaving.signal });
    await until("the upload is on disk", () => server.spooled().length === 1);
    const reader = reads === 0 ? null : (await answer).body!.getReader();
    await reader?.read();
    expect(server.spooled()).toHaveLength(1);
    leaving.abort();
    await answer.catch(() => "cut off");
    await until("the upload is deleted", () => server.spooled().length === 0, 3);
    // These requests need the lane and both slots of the queue. So they succeed only if the lane and the slots are free
    // again.
    const others = [listen(server, command("say two")), listen(server, command("say three"))];
    expect((await Promise.all(others)).map(({ done }) => done)).toEqual(["two", "three"]);
    await until("the log has the request", () => server.log().includes("status=499"));
  });
});
