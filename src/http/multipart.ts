/** Reads a multipart form as it arrives: fields to a callback, the one file to disk, never the whole into memory. */
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { AsrError } from "../errors.ts";
import type { SpoolFile } from "../spool.ts";

export interface MultipartOptions {
  /** Where the part named `file` goes. */
  readonly file: SpoolFile;
  readonly fileBytesMax: number;
  /** How long the body may bring nothing. */
  readonly idleS: number;
  /** How long it may take altogether. */
  readonly timeoutS: number;
  /** Called with each field in the order of arrival; what it throws ends the reading. */
  readonly onField: (name: string, value: string) => void;
}

/** How long a body says it is; 0 when it does not say. Throws AsrError `file_too_large` when that is too much. */
export function announcedBytes(request: Request, fileBytesMax: number): number {
  const bytes = Number(request.headers.get("content-length") ?? 0);
  if (bytes > fileBytesMax + formBytesMax) throw fileTooLarge(fileBytesMax);
  return Number.isSafeInteger(bytes) ? bytes : 0;
}

export async function readMultipart(request: Request, options: MultipartOptions): Promise<void> {
  const form = createForm(request.headers.get("content-type") ?? "");
  if (request.body === null) throw noFile();
  const file = receiveFile(form, options);
  receiveFields(form, options.onField);
  const idle = setTimeout(() => form.destroy(uploadStalled(options.idleS)), options.idleS * 1000);
  const late = () => form.destroy(uploadTooSlow(options.timeoutS));
  const deadline = setTimeout(late, options.timeoutS * 1000);
  try {
    await pipeline(
      piecesOf(request.body, form, idle),
      capped(options.fileBytesMax + formBytesMax, options.fileBytesMax),
      form,
    );
    await file.written();
  } catch (error) {
    await file.abandon();
    throw toAsrError(error);
  } finally {
    clearTimeout(idle);
    clearTimeout(deadline);
  }
}

// --- internal ---

const fieldBytesMax = 64 * 1024;
const fieldsMax = 64;
/** All that is not the file: fields, boundaries, headers of parts. */
const formBytesMax = 1024 * 1024;

type Form = InstanceType<typeof Busboy>;

function createForm(contentType: string): Form {
  if (!/^multipart\/form-data\s*;.*\bboundary=/i.test(contentType)) {
    throw new AsrError(
      "invalid_request",
      `Cannot read a body of type "${contentType.slice(0, 100)}": expected multipart/form-data ` +
        "with a boundary, as curl -F and OpenAI's clients send it",
    );
  }
  return new Busboy({
    headers: { "content-type": contentType },
    isPartAFile: (name, _type, fileName) => name === "file" || fileName !== undefined,
    limits: {
      fieldNameSize: 256,
      fieldSize: fieldBytesMax,
      fields: fieldsMax,
      files: 1,
      // Parts that are neither, which are passed over, count as well.
      parts: fieldsMax + 1,
      headerPairs: 32,
      headerSize: 16 * 1024,
    },
  });
}

function receiveFields(form: Form, onField: MultipartOptions["onField"]): void {
  form.on("field", (name, value, _nameTruncated, valueTruncated) => {
    try {
      if (valueTruncated) {
        throw new AsrError(
          "invalid_request",
          `Cannot read the field "${name}": it is longer than ${fieldBytesMax} bytes`,
          { param: name },
        );
      }
      onField(name, value);
    } catch (error) {
      form.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  const tooMany = (): void => {
    const words = `Cannot read the form: it has more than ${fieldsMax} fields`;
    form.destroy(new AsrError("invalid_request", words));
  };
  form.on("fieldsLimit", tooMany);
  form.on("partsLimit", tooMany);
}

interface ReceivedFile {
  /** Resolves when the file is whole and on disk. */
  written(): Promise<void>;
  /** Resolves when nothing writes to it any more. */
  abandon(): Promise<void>;
}

function receiveFile(form: Form, { file, fileBytesMax }: MultipartOptions): ReceivedFile {
  let part: BusboyFileStream | null = null;
  let written: Promise<void> | null = null;
  form.on("file", (name, stream) => {
    part = stream;
    if (name !== "file") {
      // Its bytes go nowhere; the form ends with the error.
      stream.resume();
      form.destroy(unknownFile(name));
      return;
    }
    written = file.write(capped(fileBytesMax, fileBytesMax)(stream));
    written.catch((error: Error) => form.destroy(error));
  });
  form.on("filesLimit", () => {
    const words = "Cannot transcribe several files in one request: send one part named `file`";
    form.destroy(new AsrError("invalid_request", words, { param: "file" }));
  });
  return {
    async written() {
      if (part === null || written === null) throw noFile();
      await written;
      if (part.bytesRead === 0) {
        throw new AsrError("invalid_audio", "The file is empty: 0 bytes", { param: "file" });
      }
    },
    async abandon() {
      part?.destroy();
      await written?.catch(() => undefined);
    },
  };
}

/** The body as it comes, as long as the form wants it; each piece starts the timer anew. */
async function* piecesOf(body: ReadableStream<Uint8Array>, form: Form, idle: NodeJS.Timeout) {
  const reader = body.getReader();
  const leave = () => void reader.cancel().catch(() => undefined);
  // Whoever waits for the next piece must hear that nobody wants it.
  form.once("close", leave);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      idle.refresh();
      yield value;
    }
  } finally {
    leave();
  }
}

/** Passes bytes on and fails with 413 at the first one too many. */
function capped(bytesMax: number, fileBytesMax: number) {
  return async function* (chunks: AsyncIterable<Uint8Array>) {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw fileTooLarge(fileBytesMax);
      yield chunk;
    }
  };
}

function fileTooLarge(bytesMax: number): AsrError {
  return new AsrError(
    "file_too_large",
    `The file is larger than this server takes: ${bytesMax} bytes at most; ` +
      "the operator can raise OPEN_ASR_SERVER_MAX_UPLOAD_BYTES",
    { param: "file" },
  );
}

function uploadStalled(idleS: number): AsrError {
  const words = `The upload stalled: no byte came for ${idleS} s; send the file again`;
  return new AsrError("upload_timeout", words, { param: "file" });
}

function uploadTooSlow(timeoutS: number): AsrError {
  const words = `The upload took more than ${timeoutS} s (OPEN_ASR_SERVER_UPLOAD_TIMEOUT_SECONDS)`;
  return new AsrError("upload_timeout", words, { param: "file" });
}

function noFile(): AsrError {
  const words = "There is no audio in the request: send it as the form's part named `file`";
  return new AsrError("invalid_request", words, { param: "file" });
}

function unknownFile(name: string): AsrError {
  const words = `Cannot use the file "${name}": the audio is expected in the part named \`file\``;
  return new AsrError("invalid_request", words, { param: name });
}

function toAsrError(error: unknown): AsrError {
  if (error instanceof AsrError) return error;
  const words = "Cannot read the form: its body is not whole or not multipart/form-data";
  return new AsrError("invalid_request", words, { cause: error });
}
