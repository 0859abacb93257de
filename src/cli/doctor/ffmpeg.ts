/** Checks whether ffmpeg is installed, which version it has, and which commands use it. */
import type { Config } from "../../settings/config.ts";
import { allowingFfmpeg, ffmpegOf, ffmpegProblem } from "../../settings/ffmpeg.ts";
import { note, ok, problem, type Probed } from "./probe.ts";
import { programOutput } from "./program-output.ts";
import type { Facts } from "./report.ts";

export async function probeFfmpeg(config: Config): Promise<Probed<Facts["ffmpeg"]>> {
  const wrong = ffmpegProblem(config);
  if (wrong !== null) {
    return { facts: null, findings: [problem("ffmpeg", wrong, "correct OPEN_ASR_FFMPEG")] };
  }
  const found = ffmpegOf(allowingFfmpeg(config));
  if ("absent" in found) return { facts: null, findings: [ok("ffmpeg", absence[found.absent])] };
  const { path } = found;
  const output = await programOutput([path, "-hide_banner", "-version"]);
  const version = /^ffmpeg version (\S+)/u.exec(output ?? "")?.[1] ?? null;
  const usedBy = "path" in ffmpegOf(config) ? ["serve", "transcribe"] : ["transcribe"];
  const facts = { path, version, used_by: usedBy };
  if (version === null) {
    const remedy = "install ffmpeg again, or set OPEN_ASR_FFMPEG to never";
    return { facts, findings: [note("ffmpeg", `${path} does not print its version`, remedy)] };
  }
  const use = `decodes other formats for ${usedBy.join(" and ")}`;
  const server = usedBy.includes("serve") ? "" : "; a server uses it only with --ffmpeg auto";
  return { facts, findings: [ok("ffmpeg", `${version} at ${path}, ${use}${server}`)] };
}

// --- internal ---

const absence = {
  never: "not used: OPEN_ASR_FFMPEG is never",
  missing: "not installed; it would decode more formats, such as WMA, AMR and AC-3",
} as const;
