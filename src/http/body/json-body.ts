/** Reads a small JSON body. */
import type { Static, TObject } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { AsrError } from "../../errors.ts";
import { unlessAborted } from "../../platform/abort.ts";

/**
 * Reads the body and checks it against the schema. An empty body counts as an empty object. Throws AsrError
 * `invalid_request` that names the first invalid field.
 */
export async function readJsonBody<T extends TObject>(
  request: Request,
  schema: T,
): Promise<Static<T>> {
  const text = await readText(request);
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
/** Maximum time for the whole body, in milliseconds. A client needs far less time to send a small body. */
const readMsMax = 10_000;

async function readText(request: Request): Promise<string> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(readMsMax)]);
  const decoder = new TextDecoder();
  const reader = request.body?.getReader();
  let text = "";
  for (;;) {
    const read = reader?.read() ?? Promise.resolve({ done: true, value: undefined });
    const { done, value } = await unlessAborted<{ done: boolean; value?: Uint8Array | undefined }>(
      read,
      signal,
    );
    if (done) return text;
    text += decoder.decode(value, { stream: true });
    if (text.length > bytesMax) {
      throw new AsrError("file_too_large", `The JSON body is larger than ${bytesMax} bytes`);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AsrError("invalid_request", "The body is not valid JSON");
  }
}
