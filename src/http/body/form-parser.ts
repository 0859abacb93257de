/**
 * Parses a multipart form. The parser receives the bytes of the body, calls `onField` for each field, and returns the
 * bytes of the file.
 */
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { unlessAborted } from "../../platform/abort.ts";
import { AsrError } from "../../errors.ts";
import { unexpectedError } from "../guards/errors.ts";
import { incompleteForm, noFile } from "./form-failures.ts";

export interface FormParserOptions {
  readonly contentType: string;
  /** Name of the form part that contains the file. */
  readonly part: string;
  /**
   * The parser calls this function with each field, in order of arrival. When the function throws an error, the form
   * fails with this error.
   */
  readonly onField: (name: string, value: string) => void;
  /** The parser calls this function with the error when the form is invalid. */
  readonly onFailure: (reason: AsrError) => void;
}

export class FormParser implements Disposable {
  readonly #form: Form;
  readonly #part: string;
  readonly #onFailure: FormParserOptions["onFailure"];
  /** Resolves when the form has ended. The body may continue after the end of the form. */
  readonly #finished: Promise<void>;
  #file: BusboyFileStream | null = null;

  /** Throws AsrError `invalid_request` unless the content type is multipart/form-data with a boundary. */
  constructor({ contentType, part, onField, onFailure }: FormParserOptions) {
    this.#form = createForm(contentType, part);
    this.#part = part;
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
    // The buffers of the parser are larger than the largest allowed form. Therefore, in all tests, the parser has
    // processed each piece before `write` returns. The wait is only a precaution.
    if (!isParsed) await unlessStuck(parsed, signal);
  }

  /** Removes the parsed bytes of the file from the parser and yields them. */
  *takeFile(): Generator<Uint8Array> {
    for (;;) {
      const bytes: Uint8Array | null = this.#file?.read() ?? null;
      if (bytes === null) return;
      yield bytes;
    }
  }

  /**
   * Ends the form. Call this at the end of the body, after all bytes of the file were taken. Throws AsrError when the
   * file is missing or empty.
   */
  async end(signal: AbortSignal): Promise<void> {
    // The parser ends the form only after the stream of the file was read to its end, so the rest of the stream is read
    // here.
    this.#file?.resume();
    this.#form.end();
    await unlessStuck(this.#finished, signal);
    if (this.#file === null) throw noFile(this.#part);
    if (this.#file.bytesRead === 0) {
      throw new AsrError("invalid_audio", "The file is empty: 0 bytes", { param: this.#part });
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
        this.#onFailure(error instanceof AsrError ? error : unexpectedError(error));
      }
    });
    const tooMany = (): void => {
      const message = `Cannot read the form: it has more than ${fieldsMax} fields, expected at most ${fieldsMax}`;
      this.#onFailure(new AsrError("invalid_request", message));
    };
    this.#form.on("fieldsLimit", tooMany);
    this.#form.on("partsLimit", tooMany);
  }

  #receiveFile(): void {
    this.#form.on("file", (name: string | undefined, stream) => {
      // The error of this stream is ignored, because the form emits the same error.
      stream.on("error", () => {});
      if (name === this.#part) this.#file = stream;
      else this.#onFailure(name === undefined ? unnamedPart() : unknownFile(name, this.#part));
    });
    this.#form.on("filesLimit", () => {
      const message = `The form contains several files: send one file per request, in the part named \`${this.#part}\``;
      this.#onFailure(new AsrError("invalid_request", message, { param: this.#part }));
    });
  }
}

// --- internal ---

const fieldBytesMax = 64 * 1024;
const fieldsMax = 64;
/**
 * Size of the parser's buffers in bytes. It must be larger than all form data except the file, so that the parser's
 * streams never wait for a reader.
 */
const bufferBytes = 2 * 1024 * 1024;
/** Time in milliseconds after which the request fails if the parser makes no progress. */
const stuckMs = 5000;

type Form = InstanceType<typeof Busboy>;

function createForm(contentType: string, part: string): Form {
  if (!/^multipart\/form-data\s*;.*\bboundary=/i.test(contentType)) throw notAForm(contentType);
  try {
    return newForm(contentType, part);
  } catch (error) {
    throw notAForm(contentType, error);
  }
}

/** Creates the parser. Throws when the content type has no valid boundary. */
function newForm(contentType: string, part: string): Form {
  return new Busboy({
    headers: { "content-type": contentType },
    isPartAFile: (name, _type, fileName) => name === part || fileName !== undefined,
    highWaterMark: bufferBytes,
    fileHwm: bufferBytes,
    limits: {
      fieldNameSize: 256,
      fieldSize: fieldBytesMax,
      fields: fieldsMax,
      files: 1,
      // This number includes the part with the file. The parser also counts the parts that it skips.
      parts: fieldsMax + 1,
      headerPairs: 32,
      headerSize: 16 * 1024,
    },
  });
}

/**
 * Waits for `promise`. Throws when the signal is aborted first, or when the promise does not settle within `stuckMs`
 * milliseconds.
 */
async function unlessStuck(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const stuck = new AbortController();
  const timer = setTimeout(() => {
    const cause = new Error(`The form parser made no progress for ${stuckMs / 1000} s`);
    stuck.abort(unexpectedError(cause));
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
    `Cannot read a body with the content type "${contentType.slice(0, 100)}": expected multipart/form-data ` +
      "with a boundary, as sent by curl -F and OpenAI's clients",
    { cause },
  );
}

function longField(name: string): AsrError {
  const message = `Cannot read the field "${name}": it is longer than the limit of ${fieldBytesMax} bytes`;
  return new AsrError("invalid_request", message, { param: name });
}

/**
 * Creates the error for a part without a name. For such a part, the parser passes undefined as the name, although its
 * types do not allow this.
 */
function unnamedPart(): AsrError {
  const message =
    "A part of the form has no name: expected a name in the Content-Disposition header of each part, " +
    'for example `form-data; name="file"`';
  return new AsrError("invalid_request", message);
}

function unknownFile(name: string, part: string): AsrError {
  const message = `The form contains a file in the part "${name}": send the audio in the part named \`${part}\``;
  return new AsrError("invalid_request", message, { param: name });
}
