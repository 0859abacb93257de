/** Removes private parts from the report of `doctor`, because people publish it in issues. */
import { homeFolder } from "../../platform/home-folder.ts";
import { shownPath } from "../file-names.ts";
import type { DoctorReport } from "./report.ts";

/** Returns the report with "~" for the home folder, and without user names and passwords in URLs. */
export function publishable(
  report: DoctorReport,
  home: string | null = homeFolder(),
): DoctorReport {
  const text = JSON.stringify(report, (_, value: unknown) =>
    typeof value === "string" ? shownPath(withoutHome(withoutPassword(value), home)) : value,
  );
  return JSON.parse(text) as DoctorReport;
}

// --- internal ---

function withoutHome(text: string, home: string | null): string {
  if (home === null || home === "/") return text;
  // "/home/ana" must not change "/home/anabel".
  return text.replaceAll(home, (found, at: number) =>
    /^[\w.-]/u.test(text.slice(at + found.length)) ? found : "~",
  );
}

function withoutPassword(text: string): string {
  return text.replaceAll(/:\/\/[^/\s@"]*@/gu, "://");
}
