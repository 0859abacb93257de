/**
 * Tests the memory of the runner of the starter model. The model is in memory only once: the pages of the executable that contain
 * it are not in the memory of the runner. And after many requests, an idle runner gives memory back.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { isStarterForCtranslate2 } from "../../src/models/backends/starter.ts";
import { residentMegabytes } from "./processes.ts";
import { formOf, recordingFile, startServer, until } from "./server.ts";

setDefaultTimeout(120_000);

test.skipIf(process.platform !== "linux").each(["whisper-cpp:base", "faster-whisper:base"])(
  "%s leaves no pages of the executable in memory",
  async (model) => {
    await using server = await startServer({
      flags: ["--preload", model, "--device", "cpu", "--log-level", "debug"],
    });
    await until("the model is loaded", () => server.log().includes("model loaded"), 60);
    const [runner] = server.runners();
    // The smallest form of the model has 75 MB. The data of the program and its engines has less than 10 MB.
    expect(megabytesOfEmbedded(runner!)).toBeLessThan(30);
  },
);

test.skipIf(process.platform !== "linux" || !isStarterForCtranslate2)(
  "after many requests at the same time, an idle runner gives memory back",
  async () => {
    await using server = await startServer({
      flags: ["--model", "base", "--preload", "base", "--device", "cpu", "--workers", "8"],
    });
    const file = recordingFile("jfk.flac");
    const form = () => formOf({ file, model: "base", language: "en" });
    await Promise.all(Array.from({ length: 8 }, () => server.post(form())));
    const [runner] = server.runners();
    const busy = residentMegabytes(runner!);
    // 78 to 142 MB in five runs. Without the release, the runner has 10 MB less after the requests.
    await until("the runner has 40 MB less", () => residentMegabytes(runner!) < busy - 40, 90);
    expect((await server.post(form())).status).toBe(200);
  },
);

// --- internal ---

/** Returns the resident megabytes of the last part of the executable, which contains the embedded files. */
function megabytesOfEmbedded(pid: number): number {
  const executable = readlinkSync(`/proc/${pid}/exe`);
  const mappings = readFileSync(`/proc/${pid}/smaps`, "utf8").split(/^(?=[\da-f]+-[\da-f]+ )/mu);
  const last = mappings.findLast((mapping) => mapping.split("\n")[0]?.endsWith(executable));
  return Number(/^Rss:\s+(\d+) kB$/mu.exec(last ?? "")?.[1]) / 1000;
}
