/** Tests responses that begin with spaces: formats, failures, and clients that disconnect. */
import { expect, test } from "bun:test";
import { respondWith } from "../../../src/http/routes/early-bytes.ts";
import { openResources } from "../../../src/http/response-end.ts";
import type { Answer } from "../../../src/jobs/answer.ts";
import { Lifecycle } from "../../../src/jobs/lifecycle.ts";
import { Rejoin } from "../../../src/jobs/rejoin.ts";
import { Ticket } from "../../../src/jobs/ticket.ts";
import { createLog } from "../../../src/log.ts";
import { AsrError } from "../../../src/errors.ts";
import { neverAborted, unlessAborted } from "../../../src/platform/abort.ts";

const body = '{"text":"hi"}';

interface Options {
  readonly allowsSpaces?: boolean;
  readonly earlyBytesS?: number;
  readonly rejoinSilenceS?: number;
}

/** Creates a request. The test resolves or rejects `job`, which gives the result of the request. */
function openRequest({
  allowsSpaces = true,
  earlyBytesS = 0.02,
  rejoinSilenceS = 60,
}: Options = {}) {
  const client = new AbortController();
  const request = new Request("http://localhost/", { signal: client.signal });
  const lifecycle = new Lifecycle();
  const admission = { abandon: () => {}, rejoin: () => {} };
  const log = createLog({ logLevel: "error", logFormat: "text" }, () => {});
  const rejoin = new Rejoin({ rejoinS: 60, admission, lifecycle, log });
  const job = Promise.withResolvers<string>();
  const ticket = new Ticket({ client: "ann", signal: neverAborted });
  const answer: Answer = {
    requestId: "req_1",
    ticket,
    text: unlessAborted(job.promise, ticket.signal),
  };
  answer.text.catch(() => {});
  let ends = 0;
  const open = async () => {
    await using resources = openResources(request);
    resources.defer(() => void ends++);
    return await respondWith(answer, {
      request,
      resources,
      contentType: "application/json",
      allowsSpaces,
      uploadId: "upload",
      rejoin,
      config: { earlyBytesS, streamPingS: 0.02, rejoinSilenceS },
      fail: (error) => error as AsrError,
    });
  };
  return { client, rejoin, job, ticket, answer, open, ends: () => ends };
}

test("spaces precede a late result, and the resources are held until the end of the body", async () => {
  const request = openRequest();
  const response = await request.open();
  const text = response.text();
  await Bun.sleep(70);
  expect(request.ends()).toBe(0);
  request.job.resolve(body);
  expect(await text).toMatch(/^ {2,}\{"text":"hi"\}$/);
  expect(request.ends()).toBe(1);
});

test.each([
  ["a format without spaces", { allowsSpaces: false }],
  ["a setting of 0", { earlyBytesS: 0 }],
])("%s sends no space before the result", async (_what, options) => {
  const request = openRequest(options);
  const response = request.open();
  await Bun.sleep(60);
  request.job.resolve(body);
  expect(await (await response).text()).toBe(body);
});

test("a failure in time is thrown, and no failure is kept", async () => {
  const request = openRequest({ earlyBytesS: 60 });
  const failure = new AsrError("invalid_audio", "The file is damaged");
  request.job.reject(failure);
  expect(await request.open().catch((error: unknown) => error)).toBe(failure);
  expect(request.rejoin.take("upload")).toBeNull();
});

test("a failure after the first space breaks the body, and is kept for one retry", async () => {
  const request = openRequest();
  const response = await request.open();
  const failure = new AsrError("invalid_audio", "The file is damaged");
  request.job.reject(failure);
  expect(await response.text().catch(() => "broken")).toBe("broken");
  expect(request.ends()).toBe(1);
  expect(request.rejoin.take("upload")).toBe(request.answer);
});

test("a client that leaves early stops the job, and its failure is not kept", async () => {
  const request = openRequest();
  const text = (await request.open()).text().catch(() => "broken");
  await Bun.sleep(50);
  request.client.abort();
  await text;
  expect(request.ticket.signal.aborted).toBe(true);
  expect(request.rejoin.take("upload")).toBeNull();
  expect(request.ends()).toBe(1);
});

test("the silence of a connection counts from its last space", async () => {
  const request = openRequest({ rejoinSilenceS: 0.2 });
  const text = (await request.open()).text().catch(() => "broken");
  await Bun.sleep(400);
  request.client.abort();
  await text;
  expect(request.ticket.signal.aborted).toBe(true);
});

test("a client that leaves a silent connection ends its request, and the job continues", async () => {
  const request = openRequest({ earlyBytesS: 60, rejoinSilenceS: 0.05 });
  const response = request.open().catch((error: unknown) => error);
  await Bun.sleep(100);
  request.client.abort();
  expect(await response).toMatchObject({ code: "client_closed_request" });
  expect(request.ends()).toBe(1);
  expect(request.ticket.signal.aborted).toBe(false);
  expect(request.rejoin.take("upload")).toBe(request.answer);
});
