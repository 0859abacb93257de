/** Formats and prints the output of the commands for models: error messages, JSON, and columns of text. */
import { AsrError } from "../../errors.ts";
import { shownPath } from "../file-names.ts";
import { print } from "../print.ts";
import { standardError } from "../../platform/standard-error.ts";

/**
 * Prints an AsrError as one line on standard error and returns it. Throws any other error again, because it is a bug.
 */
export function reportFailure(error: unknown): AsrError {
  if (!(error instanceof AsrError)) throw error;
  standardError.write(`open-asr-server: ${shownPath(error.operatorMessage)}\n`);
  return error;
}

export async function writeJson(value: unknown): Promise<void> {
  await print(`${JSON.stringify(value, null, 2)}\n`);
}

/** Formats rows as columns. Each column is as wide as its longest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => Bun.stringWidth(row[column] ?? ""))),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(widths[column]! - Bun.stringWidth(cell)))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
