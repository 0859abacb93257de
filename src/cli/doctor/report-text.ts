/** Formats the report of `doctor` as text: one line for each finding, and below it the remedy. */
import type { DoctorReport, Finding } from "./report.ts";

export function reportText({ version, findings }: DoctorReport): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap((finding) => linesOf(finding, width));
  return [
    `open-asr-server ${version} on ${process.platform}-${process.arch}`,
    ...lines,
    summary(findings),
    "",
  ].join("\n");
}

// --- internal ---

function linesOf({ status, check, text, remedy }: Finding, width: number): string[] {
  const line = `${status.padEnd(7)}  ${check.padEnd(width)}  ${text}`;
  if (remedy === null) return [line];
  return [line, `${" ".repeat(7 + 2 + width + 2)}-> ${remedy}`];
}

function summary(findings: readonly Finding[]): string {
  const count = findings.filter(({ status }) => status === "problem").length;
  if (count === 0) return "This machine can transcribe.";
  return count === 1 ? "1 problem must be solved." : `${count} problems must be solved.`;
}
