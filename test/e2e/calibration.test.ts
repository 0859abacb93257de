/**
 * Tests the calibration of the starter model through the executable: a server measures how many workers the model needs
 * when it is first idle, and the next server uses the stored number.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isStarterForCtranslate2 } from "../../src/models/backends/starter.ts";
import type { StoredCalibration } from "../../src/supervisor/calibration-file.ts";
import { physicalCores } from "../../src/platform/physical-cores.ts";
import { openCommandLine } from "./command.ts";
import { formOf, recordingFile, type ServerOptions, startServer, until } from "./server.ts";

setDefaultTimeout(120_000);

/** Beam size 1 makes the measurement short. */
const flags = ["--preload", "faster-whisper:base", "--beam", "1", "--device", "cpu"];
const most = 4 * physicalCores();
const measured = "measured how many workers the model needs";

let cacheFolder: string;
beforeAll(() => (cacheFolder = mkdtempSync(join(tmpdir(), "open-asr-calibration-"))));
afterAll(() => rmSync(cacheFolder, { recursive: true }));

function start(more: readonly string[] = [], environment: ServerOptions["environment"] = {}) {
  return startServer({
    flags: [...flags, "--log-level", "debug", ...more],
    environment: {
      OPEN_ASR_SERVER_CACHE_DIR: cacheFolder,
      OPEN_ASR_SERVER_CALIBRATION: "on",
      ...environment,
    },
  });
}

const file = () => join(cacheFolder, "calibrations.json");
const stored = () =>
  (JSON.parse(readFileSync(file(), "utf8")) as { calibrations: StoredCalibration[] }).calibrations;

const transcribe = (post: Awaited<ReturnType<typeof start>>["post"]) =>
  post(formOf({ file: recordingFile("jfk.flac"), model: "faster-whisper:base", language: "en" }));

test.skipIf(!isStarterForCtranslate2)(
  "a server that is idle measures the model once, and answers requests during the measurement",
  async () => {
    await using server = await start();
    await until("the model is loaded", () => server.log().includes("model loaded"));
    // The measurement starts after 3 s and lasts for some seconds, so these requests arrive during it.
    for (const pauseMs of [3300, 4500]) {
      await Bun.sleep(pauseMs);
      const response = await transcribe(server.post);
      expect(await response.text()).toContain("country");
    }
    await until("the result is stored", () => existsSync(file()), 90);
    const [one, ...others] = stored();
    expect(others).toEqual([]);
    expect(one?.key).toMatchObject({ model: "base", backend: "faster-whisper", lanesMax: most });
    expect(one?.result.lanes).toBeWithin(1, most + 1);
    expect(one?.result.rates.length).toBeGreaterThanOrEqual(2);
    expect(server.log()).toContain(measured);
    const response = await transcribe(server.post);
    expect(response.status).toBe(200);
  },
);

test.skipIf(!isStarterForCtranslate2)("doctor shows the result", async () => {
  using line = openCommandLine();
  const environment = { OPEN_ASR_SERVER_CACHE_DIR: cacheFolder };
  const { stdout } = await line.run(["doctor", "--json"], { environment });
  const report: unknown = JSON.parse(stdout);
  expect(report).toMatchObject({
    calibrations: [{ model: "base", workers: stored()[0]?.result.lanes, workers_max: most }],
  });
  const text = await line.run(["doctor"], { environment });
  expect(text.stdout).toMatch(/^ok +calibration +base on faster-whisper uses \d+ worker/m);
});

test.skipIf(!isStarterForCtranslate2)(
  "the next server uses the stored number, and measures nothing",
  async () => {
    // No measurement chooses one lane on a machine with several cores.
    const calibrations = stored().map((one) => ({ ...one, result: { ...one.result, lanes: 1 } }));
    const text = JSON.stringify({ schema: 1, calibrations });
    writeFileSync(file(), text);
    await using server = await start();
    await idle(server);
    expect(server.log()).toMatch(/stored number of workers .*workers=1\b/);
    expect(server.log()).not.toContain(measured);
    expect((await transcribe(server.post)).status).toBe(200);
    expect(readFileSync(file(), "utf8")).toBe(text);
  },
);

test.skipIf(!isStarterForCtranslate2)(
  "with --workers or without calibration, a stored number has no effect, and nothing is measured",
  async () => {
    await using workers = await start(["--workers", "2"]);
    await using off = await start(["--calibration", "off"]);
    for (const server of [workers, off]) {
      await idle(server);
      expect(server.log()).not.toMatch(/stored number of workers|measured how many/);
    }
  },
);

// --- internal ---

/** Waits until the measurement would have started, if there were one. */
async function idle(server: Awaited<ReturnType<typeof start>>): Promise<void> {
  await until("the model is loaded", () => server.log().includes("model loaded"));
  await Bun.sleep(4000);
}
