/** Removes private data from the report of `doctor`, because users publish the report in issues. */
import { withoutPassword } from "../../models/hub/shown-url.ts";
import { homeFolder } from "../../platform/home-folder.ts";
import { shownPath } from "../file-names.ts";
import type { DoctorReport } from "./report.ts";

/** Returns a copy of the report. Replaces the home folder by "~", and removes user names and passwords from URLs. */
export function publishable(
  report: DoctorReport,
  home: string | null = homeFolder(),
): DoctorReport {
  const text = JSON.stringify(report, (_, value: unknown) =>
    typeof value === "string" ? shownPath(withoutHome(withoutPassword(value, ""), home)) : value,
  );
  return JSON.parse(text) as DoctorReport;
}

// --- internal ---

function withoutHome(text: string, home: string | null): string {
  if (home === null || home === "/") return text;
  // Replaces only complete names: the home folder "/home/ana" must not be replaced in "/home/anabel".
  return text.replaceAll(home, (found, at: number) =>
    /^[\w.-]/u.test(text.slice(at + found.length)) ? found : "~",
  );
}
