/** Reads a JSON body of limited size. */
import type { Static, TObject } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { AsrError } from "../../errors.ts";
import { unlessAborted } from "../../platform/abort.ts";

/**
 * Reads the body and checks it against the schema. An empty body counts as an empty object. Throws AsrError, for
 * example `invalid_request` with the name of the first invalid field.
 */
export async function readJsonBody<T extends TObject>(
  request: Request,
  schema: T,
  waitMs = readMsMax,
): Promise<Static<T>> {
  const text = await readText(request, waitMs);
  const body: unknown = text.trim() === "" ? {} : parsed(text);
  const [fault] = Value.Errors(schema, body);
  if (fault === undefined) return body as Static<T>;
  const param = fault.path.slice(1) || null;
  throw new AsrError(
    "invalid_request",
    `The JSON body is invalid: ${param === null ? "" : `"${param}": `}${fault.message}`,
    { param },
  );
}

// --- internal ---

const bytesMax = 64 * 1024;
/** Maximum time to receive the whole body, in milliseconds. A client needs far less time to send a small body. */
const readMsMax = 10_000;

async function readText(request: Request, waitMs: number): Promise<string> {
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) throw tooLarge();
  if (request.body === null) return "";
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(tooSlow(waitMs)), waitMs);
  const signal = AbortSignal.any([request.signal, late.signal]);
  const reader = request.body.getReader();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await unlessAborted(reader.read(), signal);
      if (done) return new TextDecoder().decode(Buffer.concat(pieces));
      pieces.push(value);
      bytes += value.byteLength;
      if (bytes > bytesMax) throw tooLarge();
    }
  } finally {
    clearTimeout(timer);
    // Cancels the body, so that the client can detect that the server no longer reads the body.
    void reader.cancel().catch(() => undefined);
  }
}

function tooLarge(): AsrError {
  return new AsrError("file_too_large", `The JSON body is larger than ${bytesMax} bytes`);
}

function tooSlow(waitMs: number): AsrError {
  return new AsrError(
    "upload_timeout",
    `The JSON body did not arrive within ${waitMs / 1000} s; send the request again`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AsrError("invalid_request", "The body is not valid JSON");
  }
}
