/** Reads a multipart form as it arrives: fields to a callback, the one file to disk, never the whole into memory. */
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { abortError, unlessAborted } from "../../platform/abort.ts";
import { AsrError } from "../../errors.ts";
import type { SpoolFile } from "../../spool/spool.ts";
import { unforeseen } from "../guards/errors.ts";
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
  const failure = new AbortController();
  const fail = (reason: AsrError): void => failure.abort(reason);
  form.on("error", (error) => fail(notWhole(error)));
  receiveFields(form, options.onField, fail);
  const part = receiveFile(form, fail);
  const signal = AbortSignal.any([failure.signal, options.ended]);
  using clock = new UploadClock(options.uploadLimits, fail);
  try {
    const pieces = capped(
      piecesOf(request.body, clock, signal),
      options.fileBytesMax,
      formBytesMax,
    );
    await options.file.write(
      capped(fileBytesOf(pieces, { form, part, signal }), options.fileBytesMax),
    );
  } finally {
    form.destroy();
  }
  part.requireBytes();
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

type Fail = (reason: AsrError) => void;

function receiveFields(form: Form, onField: MultipartOptions["onField"], fail: Fail): void {
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
      fail(error instanceof AsrError ? error : unforeseen(error));
    }
  });
  const tooMany = (): void => {
    const words = `Cannot read the form: it has more than ${fieldsMax} fields`;
    fail(new AsrError("invalid_request", words));
  };
  form.on("fieldsLimit", tooMany);
  form.on("partsLimit", tooMany);
}

interface FilePart {
  /** What the parser has of it. */
  take(): Generator<Uint8Array>;
  /** All of it is taken: the form waits until it has seen its end. */
  end(): void;
  /** Throws when there was none, or when it was empty. */
  requireBytes(): void;
}

function receiveFile(form: Form, fail: Fail): FilePart {
  let part: BusboyFileStream | null = null;
  form.on("file", (name: string | undefined, stream) => {
    // What is wrong with it is wrong with the form, which tells it too.
    stream.on("error", () => {});
    if (name === "file") part = stream;
    else fail(name === undefined ? unnamedPart() : unknownFile(name));
  });
  form.on("filesLimit", () => {
    const words = "Cannot transcribe several files in one request: send one part named `file`";
    fail(new AsrError("invalid_request", words, { param: "file" }));
  });
  return {
    *take() {
      for (;;) {
        const bytes: Uint8Array | null = part?.read() ?? null;
        if (bytes === null) return;
        yield bytes;
      }
    },
    end() {
      part?.resume();
    },
    requireBytes() {
      if (part === null) throw noFile();
      if (part.bytesRead === 0) {
        throw new AsrError("invalid_audio", "The file is empty: 0 bytes", { param: "file" });
      }
    },
  };
}

interface Reading {
  readonly form: Form;
  readonly part: FilePart;
  readonly signal: AbortSignal;
}

/** Feeds the form piece by piece, and yields what each has of the file: only when that is written comes the next. */
async function* fileBytesOf(
  pieces: AsyncIterable<Uint8Array>,
  { form, part, signal }: Reading,
): AsyncGenerator<Uint8Array> {
  // It may have had enough before the body ends.
  const finished = new Promise<void>((resolve) => form.once("finish", resolve));
  for await (const piece of pieces) {
    const parsed = new Promise<void>((resolve) => form.write(piece, () => resolve()));
    if (signal.aborted) throw abortError(signal);
    yield* part.take();
    await unlessAborted(parsed, signal);
    giveBack(piece);
  }
  part.end();
  form.end();
  await unlessAborted(finished, signal);
}

/** Left to the garbage collector, the pieces of many uploads would add up to more memory than all that is in use. */
function giveBack({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** The body as it comes. */
async function* piecesOf(
  body: ReadableStream<Uint8Array>,
  clock: UploadClock,
  signal: AbortSignal,
) {
  const reader = body.getReader();
  try {
    for (;;) {
      const reading = reader.read().catch((error: unknown) => {
        throw notWhole(error);
      });
      const { done, value } = await clock.awaiting(unlessAborted(reading, signal));
      if (done) return;
      clock.add(value.byteLength);
      yield value;
    }
  } finally {
    // Whoever sends must hear that nobody reads any more.
    void reader.cancel().catch(() => undefined);
  }
}

/** Passes bytes on and fails with 413 at the first one too many. */
async function* capped(pieces: AsyncIterable<Uint8Array>, fileBytesMax: number, besides = 0) {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > fileBytesMax + besides) throw fileTooLarge(fileBytesMax);
    yield piece;
  }
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
