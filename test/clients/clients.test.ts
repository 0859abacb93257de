/**
 * Runs clients in other languages against the executable. Each client requests a transcription, times of words, the
 * list of models, and an unknown model. If the library of a client does not support one of these requests, the client
 * leaves it out.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../e2e/executable.ts";
import { startServer, type TestServer } from "../e2e/server.ts";
import { isFull } from "../full.ts";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { type Client, type Report, reportOf } from "./client.ts";
import { quickClients, slowClients } from "./list.ts";

/** Time limit in milliseconds. It is long, because on a new machine the packages are first installed or compiled. */
const timeoutMs = 600_000;

const audio = join(repository, "samples/jfk_0_5.flac");
const spoken = normalisedWords(readFileSync(join(repository, "samples/jfk_0_5.txt"), "utf8"));
const apiKey = "key-of-the-clients";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: { OPEN_ASR_SERVER_API_KEY: apiKey } });
});
afterAll(() => server[Symbol.asyncDispose]());

describe("in every run", () => {
  for (const client of quickClients) testClient(client);
});

// These clients take minutes to install or compile, so they run only in the full run. They send the same requests as
// the clients above.
describe.skipIf(!isFull)("in the full run", () => {
  for (const client of slowClients) testClient(client);
});

// --- internal ---

function testClient(client: Client): void {
  const missing = client.needs.filter((program) => !Bun.which(program));
  if (missing.length > 0) {
    console.error(`${client.name}: skipped, this machine has no ${missing.join(", ")}`);
  }
  const passes = async () => {
    const command = await client.install();
    const report = await reportOf(command, { baseUrl: `${server.url}/v1`, apiKey, audio });
    expectReport(client, report);
  };
  test.skipIf(missing.length > 0)(client.name, passes, timeoutMs);
}

function expectReport(client: Client, report: Report): void {
  const { without = [], errorCode = /^model_not_found$/ } = client;
  if (client.version !== undefined && !without.includes("version")) {
    expect(report.version).toBe(client.version);
  }
  expect(normalisedWords(report.text)).toEqual(spoken);
  if (!without.includes("words")) expectWords(report.words ?? []);
  if (!without.includes("models")) {
    expect(report.models).toEqual(expect.arrayContaining(["base", "whisper-1"]));
  }
  if (client.streams === true) {
    expect(report.streamed?.deltas.join("")).toBe(report.text);
    expect(report.streamed?.done).toBe(report.text);
  }
  if (client.errorClass !== undefined) {
    expect(report.error).toEqual({
      class: client.errorClass,
      status: 404,
      code: expect.stringMatching(errorCode),
    });
  }
}

function expectWords(words: NonNullable<Report["words"]>): void {
  expect(normalisedWords(words.map(({ word }) => word).join(" "))).toEqual(spoken);
  const times = words.flatMap(({ start, end }) => [start, end]);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeGreaterThan(2);
  expect(times.at(-1)).toBeLessThanOrEqual(5);
}
