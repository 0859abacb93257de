/** Reads the parameters of another server's API. A table says what each parameter means on this server. */
import { AsrError } from "../../errors.ts";
import { invalid, parseBoolean, shown } from "../body/field-value.ts";
import type { TranscriptionForm } from "../body/transcription-form.ts";

export type Parameter = SameField | OwnParameter;

interface SameField {
  /** Field of `POST /v1/audio/transcriptions` that has the same meaning and values. */
  readonly field: string;
}

interface OwnParameter {
  readonly accepts: (written: string) => boolean;
  /** Description of the accepted values. */
  readonly expected: string;
  /** Feature that the other values request and this server does not have, as a verb phrase. */
  readonly lacks?: string;
}

export function sameAs(field: string): Parameter {
  return { field };
}

export function oneOf(...values: readonly string[]): Parameter {
  return { accepts: (written) => values.includes(written), expected: values.join(", ") };
}

export function toggle(): Parameter {
  return { accepts: (written) => parseBoolean(written) !== null, expected: "true or false" };
}

/** Accepts only `false`, because this server does not have the feature. */
export function off(lacks: string): Parameter {
  return { accepts: (written) => parseBoolean(written) === false, expected: "false", lacks };
}

/** Accepts only `true`, because this server cannot turn the feature off. */
export function on(lacks: string): Parameter {
  return { accepts: (written) => parseBoolean(written) === true, expected: "true", lacks };
}

/** Accepts only these numbers, in any spelling. */
export function onlyNumber(lacks: string, ...numbers: readonly number[]): Parameter {
  return {
    accepts: (written) => numbers.includes(Number(written)),
    expected: numbers.join(" or "),
    lacks,
  };
}

/** Accepts no value. */
export function never(lacks: string): Parameter {
  return { accepts: () => false, expected: "", lacks };
}

export function wholeNumber(min: number, max: number): Parameter {
  return {
    accepts: (written) =>
      /^\d{1,9}$/.test(written) && Number(written) >= min && Number(written) <= max,
    expected: `a whole number from ${min} to ${max}`,
  };
}

export function text(charactersMax: number): Parameter {
  return {
    accepts: (written) => written.length <= charactersMax,
    expected: `text of at most ${charactersMax} characters`,
  };
}

export class Parameters {
  readonly #table: Readonly<Record<string, Parameter>>;
  readonly #form: TranscriptionForm;
  /** Accepted values of parameters that are not fields of the form. */
  readonly #own = new Map<string, string>();

  /** Parameters that have the same meaning as a field are added to `form`. */
  constructor(table: Readonly<Record<string, Parameter>>, form: TranscriptionForm) {
    this.#table = table;
    this.#form = form;
  }

  /** Adds a parameter. Ignores a blank value. Throws AsrError with the name of the parameter. */
  add(name: string, value: string): void {
    const parameter = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
    if (parameter === undefined) throw unknown(name, Object.keys(this.#table));
    const written = value.trim();
    if (written === "") return;
    if ("field" in parameter) return this.forward(name, parameter.field, value);
    if (!parameter.accepts(written)) throw rejected(name, parameter, written);
    if (this.#own.has(name)) {
      throw invalid(name, `Cannot use the parameter "${name}": it was sent more than once`);
    }
    this.#own.set(name, written);
  }

  /** Adds the value of the parameter `name` to the form as the field `field`. */
  forward(name: string, field: string, value: string): void {
    try {
      this.#form.add(field, value);
    } catch (error) {
      throw error instanceof AsrError ? renamed(error, field, name) : error;
    }
  }

  /** Returns the value of a parameter that is no field of the form. */
  value(name: string): string | undefined {
    return this.#own.get(name);
  }

  /** Returns whether the parameter is on. Returns `otherwise` if it was not sent. */
  isOn(name: string, otherwise = false): boolean {
    const written = this.#own.get(name);
    return written === undefined ? otherwise : parseBoolean(written) === true;
  }
}

/** Returns the error for a value that requests a feature which this server does not have. */
export function unsupported(name: string, written: string, lacks: string, expected = ""): AsrError {
  const instead = expected === "" ? "leave it out" : `send ${expected}, or leave it out`;
  const message = `Cannot use ${name} ${shown(written)}: this server does not ${lacks}; ${instead}`;
  return new AsrError("unsupported_value", message, { param: name });
}

// --- internal ---

function rejected(name: string, { expected, lacks }: OwnParameter, written: string): AsrError {
  if (lacks !== undefined) return unsupported(name, written, lacks, expected);
  return invalid(name, `Cannot use the ${name} ${shown(written)}: expected ${expected}`);
}

function unknown(name: string, known: readonly string[]): AsrError {
  const message = `Cannot use the parameter ${shown(name)}: expected ${known.join(", ")}`;
  return invalid(name.slice(0, 100), message);
}

/** Returns the error with the name of the parameter instead of the name of the field. */
function renamed(error: AsrError, field: string, name: string): AsrError {
  const { code, message, param, cause } = error;
  // In errors, the member "threshold" of "vad" has the name "vad.threshold".
  if (param !== field.replace(/\[(\w+)\]$/, ".$1")) return error;
  return new AsrError(code, message.replace(param, name), { param: name, cause });
}
