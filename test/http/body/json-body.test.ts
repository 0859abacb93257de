/** Tests the body of an admin request. */
import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { readJsonBody } from "../../../src/http/body/json-body.ts";
import { failureOf } from "../../supervisor/scripted-model.ts";

const schema = Type.Object({ model: Type.String() }, { additionalProperties: false });

function request(body: RequestInit["body"], init: RequestInit = {}): Request {
  return new Request("http://localhost/", { method: "POST", body: body ?? null, ...init });
}

/** Creates a body that sends `first` and never ends. */
function endless(first: string) {
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(first)),
    cancel: () => void (isCancelled = true),
  });
  return { stream, isCancelled: () => isCancelled };
}

test("a body in pieces is joined, also inside a character", async () => {
  const bytes = new TextEncoder().encode('{"model":"größe"}');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await readJsonBody(request(body), schema)).toEqual({ model: "größe" });
});

test.each([
  ["", "model"],
  ["null", null],
  ["[]", null],
  ['{"model":1}', "model"],
  ['{"model":"a","more":1}', "more"],
  ["{", null],
  ["[".repeat(60_000), null],
])("%.20s is rejected, and the error contains the name of its field", async (body, param) => {
  const failure = await failureOf(readJsonBody(request(body), schema));
  expect(failure).toMatchObject({ code: "invalid_request", param });
});

test("a body above 64 KiB is rejected, with and without its length in the header", async () => {
  const large = JSON.stringify({ model: "x".repeat(65_536) });
  const code = "file_too_large";
  expect(await failureOf(readJsonBody(request(large), schema))).toMatchObject({ code });
  const { stream, isCancelled } = endless(large);
  expect(await failureOf(readJsonBody(request(stream), schema))).toMatchObject({ code });
  expect(isCancelled()).toBe(true);
});

test("a body that never ends is given up with 408, and no longer read", async () => {
  const { stream, isCancelled } = endless('{"model":');
  const failure = await failureOf(readJsonBody(request(stream), schema, 50));
  expect(failure).toMatchObject({ code: "upload_timeout" });
  expect(isCancelled()).toBe(true);
});

test("the wait for a body ends when the client leaves", async () => {
  const leaving = new AbortController();
  const { stream } = endless("{");
  const reading = failureOf(readJsonBody(request(stream, { signal: leaving.signal }), schema));
  leaving.abort();
  expect(await reading).toMatchObject({ code: "client_closed_request" });
});
