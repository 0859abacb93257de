/** Tests streams of events: slow clients, clients that disconnect, jobs that wait, and jobs that fail. */
import { expect, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { AsrError } from "../../../src/errors.ts";
import { streamEvents } from "../../../src/http/routes/events.ts";
import { openResources } from "../../../src/http/response-end.ts";
import type { JobEvent } from "../../../src/jobs/events.ts";
import { Ticket } from "../../../src/jobs/ticket.ts";
import { abortError, unlessAborted } from "../../../src/platform/abort.ts";
import { until } from "../../supervisor/scripted-model.ts";
import { plainFacts } from "../../transcript/plain-facts.ts";

const segmentOf = (text: string): JobEvent => ({
  type: "segment",
  segment: { id: 0, startS: 0, endS: 1, text, ...plainFacts },
});
const doneWith = (text: string): JobEvent => ({
  type: "done",
  transcript: { task: "transcribe", text, language: "en", durationS: 1, segments: [], words: null },
});
const options = {
  format: "json",
  granularities: new Set<never>(),
  extras: { usageInTokens: false, languages: false },
} as const;
const isAsrError = (error: unknown) =>
  error instanceof AsrError ? error : new AsrError("internal_error", String(error));

/**
 * Creates a stream of the events of `job`. `state.ended` counts how often the resources of the request were disposed.
 */
function streamOf(job: (signal: AbortSignal) => AsyncGenerator<JobEvent>, pingS = 60) {
  const client = new AbortController();
  const state = { ended: 0 };
  const open = async (signal: AbortSignal = client.signal) => {
    const request = new Request("http://localhost/", { signal });
    await using resources = openResources(request);
    resources.defer(() => void state.ended++);
    const ticket = resources.use(new Ticket({ client: "ann", signal: request.signal }));
    const events = job(ticket.signal);
    return await streamEvents({
      events,
      request,
      ticket,
      resources,
      options,
      pingS,
      fail: isAsrError,
    });
  };
  return { client, state, open };
}

test("when a client does not read, the server stops reading events, so it keeps little in memory", async () => {
  const [megabyte, count] = [1_000_000, 100];
  let pulled = 0;
  const stream = streamOf(async function* job() {
    for (; pulled < count; pulled++) yield segmentOf(` ${"x".repeat(megabyte)}`);
    yield doneWith("");
  });
  using server = Bun.serve({ port: 0, fetch: (request) => stream.open(request.signal) });
  const socket = connect(server.port!, "127.0.0.1");
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => pulled > 0);
  let before = -1;
  while (before !== pulled) {
    before = pulled;
    await Bun.sleep(300);
  }
  // The client does not read, but the socket buffers of the server and the client together hold about 4 MB. So the
  // server reads a few events of 1 MB and then stops.
  expect(pulled).toBeLessThan(50);
  expect(stream.state.ended).toBe(0);
  socket.resume();
  await until(() => stream.state.ended === 1);
  expect(pulled).toBe(count);
  socket.destroy();
  await once(socket, "close");
});

test("a client that disconnects before its body is read ends the job", async () => {
  let wasReturned = false;
  const { client, state, open } = streamOf(async function* job() {
    try {
      yield segmentOf(" Ann");
      yield segmentOf(" Bob");
    } finally {
      wasReturned = true;
    }
  });
  await open();
  expect(state.ended).toBe(0);
  client.abort();
  await until(() => state.ended === 1);
  expect(wasReturned).toBe(true);
});

test("a silent job has a comment in each interval, and its first comment sends the headers", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { open, state } = streamOf(async function* job() {
    await promise;
    yield segmentOf(" Ann ");
    yield segmentOf(" Bob ");
    yield doneWith("Ann  Bob");
  }, 0.02);
  const body = (await open()).body!.getReader();
  const decoder = new TextDecoder();
  for (let comments = 0; comments < 3; comments++) {
    expect(decoder.decode((await body.read()).value)).toBe(": ping\n\n");
  }
  resolve();
  let rest = "";
  for (let read = await body.read(); !read.done; read = await body.read()) {
    rest += decoder.decode(read.value);
  }
  expect(rest.replaceAll(": ping\n\n", "").split("\n\n")).toEqual([
    'data: {"type":"transcript.text.delta","delta":"Ann"}',
    'data: {"type":"transcript.text.delta","delta":"  Bob"}',
    'data: {"type":"transcript.text.done","text":"Ann  Bob"}',
    "",
  ]);
  expect(state.ended).toBe(1);
});

test("an error before the first event is thrown, and the resources are disposed of", async () => {
  const failure = new AsrError("invalid_audio", "The file is damaged", { param: "file" });
  // oxlint-disable-next-line require-yield
  const { open, state } = streamOf(async function* job() {
    throw failure;
  });
  expect(await open().catch((error: unknown) => error)).toBe(failure);
  expect(state.ended).toBe(1);
});

test.each([
  ["invalid_audio", new AsrError("invalid_audio", "The file is damaged", { param: "file" })],
  ["internal_error", null],
])("an error after the first event is the last event (%s)", async (code, failure) => {
  const { open, state } = streamOf(async function* job() {
    yield segmentOf(" Ann");
    if (failure !== null) throw failure;
  });
  const [delta, error, rest] = (await (await open()).text()).split("\n\n");
  expect(delta).toContain("Ann");
  expect(JSON.parse(error!.replace("data: ", ""))).toMatchObject({ error: { code } });
  expect(rest).toBe("");
  expect(state.ended).toBe(1);
});

test("a ticket that the server aborts ends the stream with the reason", async () => {
  const request = new Request("http://localhost/");
  const resources = openResources(request);
  const ticket = resources.use(new Ticket({ client: "ann", signal: request.signal }));
  async function* job(): AsyncGenerator<JobEvent> {
    yield segmentOf(" Ann");
    await unlessAborted(new Promise(() => {}), ticket.signal);
  }
  const rest = { request, ticket, resources, pingS: 60, fail: isAsrError };
  const response = await streamEvents({ events: job(), options, ...rest });
  ticket.abort(new AsrError("server_stopping", "The server is stopping"));
  expect(await response.text()).toContain('"code":"server_stopping"');
  expect(abortError(ticket.signal).code).toBe("server_stopping");
});
