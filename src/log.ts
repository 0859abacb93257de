/** The one logger: lines of text to standard error. Never audio, transcripts, file names or keys. */

export const logLevels = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof logLevels)[number];

type LogFields = Readonly<Record<string, string | number | null | undefined>>;

export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

/** Lines less severe than `least` are dropped. */
export function createLog(least: LogLevel, write: (line: string) => void = writeToStderr): Log {
  const logger =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
      write(`${new Date().toISOString()} ${level} ${message}${renderFields(fields)}\n`);
    };
  return {
    debug: logger("debug"),
    info: logger("info"),
    warn: logger("warn"),
    error: logger("error"),
  };
}

// --- internal ---

function writeToStderr(line: string): void {
  process.stderr.write(line);
}

function renderFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => ` ${name}=${renderValue(value)}`)
    .join("");
}

function renderValue(value: LogFields[string]): string {
  const text = String(value);
  return /^[\w.:/-]+$/.test(text) ? text : JSON.stringify(text);
}
