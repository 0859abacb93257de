/** Reads a multipart form as it arrives: fields to a callback, the one file to disk, never the whole into memory. */
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { AsrError } from "../errors.ts";
import type { SpoolFile } from "../spool.ts";
import { unforeseen } from "./errors.ts";
import { UploadClock, type UploadLimits } from "./upload-clock.ts";

export interface MultipartOptions {
  /** Where the part named `file` goes. */
  readonly file: SpoolFile;
  readonly fileBytesMax: number;
  readonly uploadLimits: UploadLimits;
  /** Aborted with the AsrError that the client is answered with when the server ends. */
  readonly ended: AbortSignal;
  /** Called with each field in the order of arrival; what it throws ends the reading. */
  readonly onField: (name: string, value: string) => void;
}

/** How large a file a body may hold by what it says; 0 when it does not. Throws AsrError `file_too_large` when it is too much. */
export function announcedBytes(request: Request, fileBytesMax: number): number {
  const bytes = Number(request.headers.get("content-length") ?? 0);
  if (bytes > fileBytesMax + formBytesMax) throw fileTooLarge(fileBytesMax);
  return Number.isSafeInteger(bytes) ? Math.min(bytes, fileBytesMax) : 0;
}

export async function readMultipart(request: Request, options: MultipartOptions): Promise<void> {
  const form = createForm(request.headers.get("content-type") ?? "");
  if (request.body === null) throw noFile();
  const file = receiveFile(form, options);
  receiveFields(form, options.onField);
  using clock = new UploadClock(options.uploadLimits, (reason) => form.destroy(reason));
  const end = (): void => void form.destroy(options.ended.reason);
  options.ended.addEventListener("abort", end, { once: true });
  try {
    await pipeline(
      piecesOf(request.body, form, clock),
      capped(options.fileBytesMax + formBytesMax, options.fileBytesMax),
      form,
    );
    await file.written();
  } catch (error) {
    await file.abandon();
    throw notWhole(error);
  } finally {
    options.ended.removeEventListener("abort", end);
  }
}

// --- internal ---

const fieldBytesMax = 64 * 1024;
const fieldsMax = 64;
/** All that is not the file: fields, boundaries, headers of parts. */
const formBytesMax = 1024 * 1024;

type Form = InstanceType<typeof Busboy>;

function createForm(contentType: string): Form {
  if (!/^multipart\/form-data\s*;.*\bboundary=/i.test(contentType)) throw notAForm(contentType);
  try {
    return newForm(contentType);
  } catch (error) {
    throw notAForm(contentType, error);
  }
}

/** Throws where the parser finds no boundary that it can look for. */
function newForm(contentType: string): Form {
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
  form.on("field", (name: string | undefined, value, _nameTruncated, valueTruncated) => {
    try {
      if (name === undefined) throw unnamedPart();
      if (valueTruncated) {
        throw new AsrError(
          "invalid_request",
          `Cannot read the field "${name}": it is longer than ${fieldBytesMax} bytes`,
          { param: name },
        );
      }
      onField(name, value);
    } catch (error) {
      form.destroy(ownFailure(error));
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
  form.on("file", (name: string | undefined, stream) => {
    part = stream;
    if (name !== "file") {
      // Its bytes go nowhere; the form ends with the error.
      stream.resume();
      form.destroy(name === undefined ? unnamedPart() : unknownFile(name));
      return;
    }
    written = file.write(capped(fileBytesMax, fileBytesMax)(bytesOf(stream)));
    written.catch((error: unknown) => form.destroy(ownFailure(error)));
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

/** The body as it comes, as long as the form wants it; each piece is counted. */
async function* piecesOf(body: ReadableStream<Uint8Array>, form: Form, clock: UploadClock) {
  const reader = body.getReader();
  const leave = () => void reader.cancel().catch(() => undefined);
  // Whoever waits for the next piece must hear that nobody wants it.
  form.once("close", leave);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clock.add(value.byteLength);
      yield value;
    }
  } finally {
    leave();
  }
}

/** Of a part, as they come out of the parser. */
async function* bytesOf(part: BusboyFileStream): AsyncGenerator<Uint8Array> {
  try {
    yield* part as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw notWhole(error);
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

function notAForm(contentType: string, cause?: unknown): AsrError {
  return new AsrError(
    "invalid_request",
    `Cannot read a body of type "${contentType.slice(0, 100)}": expected multipart/form-data ` +
      "with a boundary, as curl -F and OpenAI's clients send it",
    { cause },
  );
}

function noFile(): AsrError {
  const words = "There is no audio in the request: send it as the form's part named `file`";
  return new AsrError("invalid_request", words, { param: "file" });
}

/** The parser has no name for it, whatever its types say. */
function unnamedPart(): AsrError {
  const words =
    "Cannot use a part of the form that has no name: each is expected to have one in its " +
    'Content-Disposition, as in `form-data; name="file"`';
  return new AsrError("invalid_request", words);
}

function unknownFile(name: string): AsrError {
  const words = `Cannot use the file "${name}": the audio is expected in the part named \`file\``;
  return new AsrError("invalid_request", words, { param: name });
}

/** What the parser or the connection says. */
function notWhole(error: unknown): AsrError {
  if (error instanceof AsrError) return error;
  const words = "Cannot read the form: its body is not whole or not multipart/form-data";
  return new AsrError("invalid_request", words, { cause: error });
}

/** What fails on this side of the form, which is not to blame for it. */
function ownFailure(error: unknown): AsrError {
  return error instanceof AsrError ? error : unforeseen(error);
}
