/** The parser of multipart forms: bytes in, fields to a callback, bytes of the one file out. */
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { unlessAborted } from "../../platform/abort.ts";
import { AsrError } from "../../errors.ts";
import { unforeseen } from "../guards/errors.ts";

export interface FormParserOptions {
  readonly contentType: string;
  /** Called with each field in the order of arrival; what it throws fails the form. */
  readonly onField: (name: string, value: string) => void;
  /** Called with what is wrong with the form. */
  readonly onFailure: (reason: AsrError) => void;
}

export class FormParser implements Disposable {
  readonly #form: Form;
  readonly #onFailure: FormParserOptions["onFailure"];
  /** A form may be finished before its body ends. */
  readonly #finished: Promise<void>;
  #file: BusboyFileStream | null = null;

  /** Throws AsrError `invalid_request` when the content type is not that of a form. */
  constructor({ contentType, onField, onFailure }: FormParserOptions) {
    this.#form = createForm(contentType);
    this.#onFailure = onFailure;
    this.#finished = new Promise((resolve) => this.#form.once("finish", resolve));
    this.#form.on("error", (error) => onFailure(incompleteForm(error)));
    this.#receiveFields(onField);
    this.#receiveFile();
  }

  async parse(piece: Uint8Array, signal: AbortSignal): Promise<void> {
    let isParsed = false;
    const parsed = new Promise<void>((resolve) => {
      this.#form.write(piece, () => {
        isParsed = true;
        resolve();
      });
    });
    // Always, as far as anybody knows: the buffers of its streams are larger than what they are given.
    if (!isParsed) await unlessStuck(parsed, signal);
  }

  /** Takes what was parsed of the file. */
  *takeFile(): Generator<Uint8Array> {
    for (;;) {
      const bytes: Uint8Array | null = this.#file?.read() ?? null;
      if (bytes === null) return;
      yield bytes;
    }
  }

  /** The body has ended, and all of the file was taken. Throws AsrError when there was no file or it was empty. */
  async end(signal: AbortSignal): Promise<void> {
    // The form waits until the end of the file was read.
    this.#file?.resume();
    this.#form.end();
    await unlessStuck(this.#finished, signal);
    if (this.#file === null) throw noFile();
    if (this.#file.bytesRead === 0) {
      throw new AsrError("invalid_audio", "The file is empty: 0 bytes", { param: "file" });
    }
  }

  [Symbol.dispose](): void {
    this.#form.destroy();
  }

  #receiveFields(onField: FormParserOptions["onField"]): void {
    this.#form.on("field", (name: string | undefined, value, _nameTruncated, valueTruncated) => {
      try {
        if (name === undefined) throw unnamedPart();
        if (valueTruncated) throw longField(name);
        onField(name, value);
      } catch (error) {
        this.#onFailure(error instanceof AsrError ? error : unforeseen(error));
      }
    });
    const tooMany = (): void => {
      const words = `Cannot read the form: it has more than ${fieldsMax} fields`;
      this.#onFailure(new AsrError("invalid_request", words));
    };
    this.#form.on("fieldsLimit", tooMany);
    this.#form.on("partsLimit", tooMany);
  }

  #receiveFile(): void {
    this.#form.on("file", (name: string | undefined, stream) => {
      // An error of the file is an error of the form, which reports it too.
      stream.on("error", () => {});
      if (name === "file") this.#file = stream;
      else this.#onFailure(name === undefined ? unnamedPart() : unknownFile(name));
    });
    this.#form.on("filesLimit", () => {
      const words = "Cannot transcribe several files in one request: send one part named `file`";
      this.#onFailure(new AsrError("invalid_request", words, { param: "file" }));
    });
  }
}

export function noFile(): AsrError {
  const words = "There is no audio in the request: send it as the form's part named `file`";
  return new AsrError("invalid_request", words, { param: "file" });
}

/** The error of the parser or the connection, in words for the client. */
export function incompleteForm(error: unknown): AsrError {
  if (error instanceof AsrError) return error;
  const words = "Cannot read the form: its body is not whole or not multipart/form-data";
  return new AsrError("invalid_request", words, { cause: error });
}

// --- internal ---

const fieldBytesMax = 64 * 1024;
const fieldsMax = 64;
/** More than a form may hold beside its file, so that no stream of the parser ever waits for a reader. */
const bufferBytes = 2 * 1024 * 1024;
/** How long the parser may make no progress. */
const stuckMs = 5000;

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
    highWaterMark: bufferBytes,
    fileHwm: bufferBytes,
    limits: {
      fieldNameSize: 256,
      fieldSize: fieldBytesMax,
      fields: fieldsMax,
      files: 1,
      // Skipped parts, which are neither a field nor a file, count as well.
      parts: fieldsMax + 1,
      headerPairs: 32,
      headerSize: 16 * 1024,
    },
  });
}

/** What `promise` comes to, unless the signal is aborted first or nothing happens for too long. */
async function unlessStuck(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const stuck = new AbortController();
  const timer = setTimeout(() => {
    const cause = new Error(`The parser of forms made no progress for ${stuckMs / 1000} s`);
    stuck.abort(unforeseen(cause));
  }, stuckMs);
  try {
    await unlessAborted(promise, AbortSignal.any([signal, stuck.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function notAForm(contentType: string, cause?: unknown): AsrError {
  return new AsrError(
    "invalid_request",
    `Cannot read a body of type "${contentType.slice(0, 100)}": expected multipart/form-data ` +
      "with a boundary, as curl -F and OpenAI's clients send it",
    { cause },
  );
}

function longField(name: string): AsrError {
  const words = `Cannot read the field "${name}": it is longer than ${fieldBytesMax} bytes`;
  return new AsrError("invalid_request", words, { param: name });
}

/** The parser passes no name, although its types say that it does. */
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
