/**
 * Sends forms over raw sockets. The bytes of the forms are exactly the bytes that HTTP libraries and browsers write.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { bodyOf, type Form, writers } from "./multipart-writers.ts";
import { hasJsonBody, rawHead, sendRaw } from "./raw-http.ts";
import { nullEngine, startServer, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: nullEngine });
});
afterAll(() => server[Symbol.asyncDispose]());

describe.each(writers)("a form that $name writes", (writer) => {
  test.each(["speech.wav", "My Voice 2.wav", "grüße 你好.wav"])(
    "is read with all of its fields (file name %p)",
    async (fileName) => {
      const form: Form = {
        fields: [
          ["model", "null:echo"],
          ["prompt", "say Grüße, 你好"],
          ["response_format", "verbose_json"],
          ["timestamp_granularities[]", "segment"],
          ["timestamp_granularities[]", "word"],
          ["temperature", "0"],
        ],
        fileName,
        file: await wavOf(0.5, tone).bytes(),
      };
      const body = bodyOf(writer, form);
      const head = rawHead({
        "Content-Type": writer.contentType,
        "Content-Length": String(body.length),
      });
      const answer = await sendRaw(
        server.url,
        Buffer.concat([Buffer.from(head), body]),
        hasJsonBody,
      );
      const [, json = "{}"] = answer.split("\r\n\r\n");
      expect(JSON.parse(json)).toMatchObject({
        task: "transcribe",
        duration: 0.5,
        text: "Grüße, 你好",
        segments: [{ id: 0 }],
        words: expect.any(Array),
      });
    },
  );
});
