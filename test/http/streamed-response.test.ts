/**
 * Tests a route that streams the events of a job. When the stream ends, the request must release its slot in the queue
 * and remove its file.
 */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openResources } from "../../src/http/response-end.ts";
import { Admission } from "../../src/jobs/admission.ts";
import type { JobEvent } from "../../src/jobs/events.ts";
import { stages } from "../../src/jobs/ticket.ts";
import { unlessAborted } from "../../src/platform/abort.ts";
import { loadConfig } from "../../src/settings/config.ts";
import { Spool } from "../../src/spool/spool.ts";
import { JobStream } from "../../src/supervisor/job-stream.ts";
import { modelCalled } from "../jobs/resolved-model.ts";
import { ScriptedModels, until } from "../supervisor/scripted-model.ts";
import { plainFacts } from "../transcript/plain-facts.ts";

const models = new ScriptedModels();

/**
 * Starts a server with one streaming route. The job sends a segment immediately, and ends when the test calls `finish`.
 */
function openServer() {
  const folder = mkdtempSync(join(tmpdir(), "open-asr-stream-"));
  const spool = Spool.open(folder, loadConfig({}, {}));
  const lanes = new Map([["base", 1]]);
  const admission = new Admission({ lanes: () => lanes, waitingMax: 0, uploadsMax: 1 });
  const gate = Promise.withResolvers<void>();
  const transcribe = (signal: AbortSignal) =>
    new JobStream(models.job("", { signal }), async (delivery, aborted) => {
      delivery.events.start();
      delivery.events.add([{ id: 0, startS: 0, endS: 1, text: " first", ...plainFacts }]);
      await unlessAborted(gate.promise, aborted);
      return delivery.transcript({ language: "en", durationS: 1 });
    });

  async function* events(request: Request): AsyncGenerator<string> {
    await using resources = openResources(request);
    const ticket = resources.use(admission.enter({ client: "ann", signal: request.signal }));
    const audio = resources.use(spool.file());
    await audio.write(new Response("RIFF audio").body!, ticket.signal);
    admission.chooseModel(ticket, modelCalled("base"));
    admission.queue(ticket);
    for await (const event of transcribe(ticket.signal) as AsyncIterable<JobEvent>) {
      ticket.note(event);
      if (event.type === "segment" || event.type === "done") yield `${event.type}\n`;
    }
  }
  const server = Bun.serve({ port: 0, fetch: (request) => new Response(events(request) as never) });
  return {
    url: String(server.url),
    finish: gate.resolve,
    held: () => stages.reduce((sum, stage) => sum + admission.count(stage), 0),
    spooledBytes: () => spool.bytes,
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      spool[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

test("the client gets the first segment before the job ends; the end of the job releases the queue slot and the file", async () => {
  await using server = openServer();
  const reader = (await fetch(server.url)).body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("segment\n");
  expect(server.held()).toBe(1);
  expect(server.spooledBytes()).toBeGreaterThan(0);
  server.finish();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("done\n");
  await until(() => server.held() === 0 && server.spooledBytes() === 0);
});

test("a client that disconnects releases the queue slot and the file", async () => {
  await using server = openServer();
  const leave = new AbortController();
  const reader = (await fetch(server.url, { signal: leave.signal })).body!.getReader();
  await reader.read();
  expect(server.held()).toBe(1);
  leave.abort();
  await until(() => server.held() === 0 && server.spooledBytes() === 0);
});
