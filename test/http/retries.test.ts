/**
 * Tests how often OpenAI's client sends a request again after each error in `errorKinds`. The client must retry only
 * the errors whose `retry` is true. By default, it would retry every 408, 409, 429 and 5xx.
 */
import { expect, test } from "bun:test";
import OpenAI, { APIError } from "openai";
import { AsrError, type ErrorCode, errorKinds, retryLater } from "../../src/errors.ts";
import { audio, openApp } from "./app.ts";

const codes = Object.keys(errorKinds) as ErrorCode[];
const maxRetries = 2;

test.concurrent.each(codes)(
  "OpenAI's client retries %s only if the table allows it",
  async (code) => {
    const { retry, status } = errorKinds[code];
    let requests = 0;
    using app = openApp({
      transcribe() {
        requests++;
        return Promise.reject(retry ? retryLater(code, "Busy", 1) : new AsrError(code, "Failed"));
      },
    });
    using server = Bun.serve({ port: 0, fetch: (request) => app.server.handle(request) });
    const client = new OpenAI({
      baseURL: new URL("v1", server.url).href,
      apiKey: "any",
      maxRetries,
    });
    const asked = client.audio.transcriptions.create({ file: audio(), model: "base" });
    const error: unknown = await asked.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status, code });
    expect(requests).toBe(retry ? 1 + maxRetries : 1);
  },
);
