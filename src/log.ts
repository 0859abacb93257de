/**
 * Creates the logger of the server, which writes lines to standard error, as text or JSON. Never log audio,
 * transcripts, file names or keys.
 */
import { standardError } from "./platform/standard-error.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ["text", "json"] as const;
export type LogFormat = (typeof logFormats)[number];

type LogFields = Readonly<Record<string, string | number | null | undefined>>;

export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

export interface LogOptions {
  /** Lowest level that is written. Lines of a lower level are discarded. */
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

export function createLog(
  { logLevel, logFormat }: LogOptions,
  write: (line: string) => void = writeToStderr,
): Log {
  const render = logFormat === "json" ? renderJson : renderText;
  const logger =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(level) < logLevels.indexOf(logLevel)) return;
      const present = Object.entries(fields).filter(
        ([, value]) => value !== null && value !== undefined,
      );
      write(`${render(new Date().toISOString(), level, message, present)}\n`);
    };
  return {
    debug: logger("debug"),
    info: logger("info"),
    warn: logger("warn"),
    error: logger("error"),
  };
}

// --- internal ---

type Field = readonly [name: string, value: LogFields[string]];

/** Maximum number of characters that are buffered while the reader of standard error is slow. */
const waitingCharactersMax = 1024 * 1024;
let waitingCharacters = 0;

/**
 * Writes a line to standard error. Discards the line when the reader of standard error is too slow or has exited,
 * because the buffer would otherwise grow without limit.
 */
function writeToStderr(line: string): void {
  if (waitingCharacters + line.length > waitingCharactersMax) return;
  waitingCharacters += line.length;
  standardError.write(line, () => {
    waitingCharacters -= line.length;
  });
}

function renderJson(time: string, level: LogLevel, message: string, fields: readonly Field[]) {
  return JSON.stringify({ time, level, message, ...Object.fromEntries(fields) });
}

function renderText(time: string, level: LogLevel, message: string, fields: readonly Field[]) {
  const rendered = fields.map(([name, value]) => ` ${name}=${renderValue(value)}`).join("");
  return `${time} ${level} ${message.replaceAll(controlCharacters, escaped)}${rendered}`;
}

/** Characters that could start a new line or control a terminal. */
const controlCharacters = /[\p{Cc}\u2028\u2029]/gu;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function renderValue(value: LogFields[string]): string {
  const text = String(value);
  return /^[\w.:/-]+$/.test(text)
    ? text
    : JSON.stringify(text).replaceAll(controlCharacters, escaped);
}
