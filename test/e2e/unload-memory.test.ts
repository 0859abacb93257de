/**
 * Loads and unloads a model repeatedly. After each unload, the server must have no process of the model. The memory and
 * the number of open files must not grow.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { isFull } from "../full.ts";
import { residentMegabytes } from "./processes.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(600_000);

const isLinux = process.platform === "linux";

const openFilesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

async function post(server: TestServer, route: string, body: object): Promise<void> {
  const init = { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${server.url}/v1/admin/models/${route}`, init);
  expect(response.status).toBe(200);
}

/** Runs rounds that load the model, transcribe, and unload the model. Returns the measurements after each round. */
async function rounds(server: TestServer, model: string, count: number) {
  const after: { megabytes: number; openFiles: number; loadedMegabytes: number }[] = [];
  for (let round = 0; round < count; round++) {
    await post(server, "load", { model });
    const response = await server.post(formOf({ file: wavOf(1, tone), model, vad: "off" }));
    expect(response.status).toBe(200);
    const [runner = 0, ...others] = server.runners();
    expect(others).toEqual([]);
    const loadedMegabytes = residentMegabytes(runner);
    await post(server, "unload", { model });
    expect(server.runners()).toEqual([]);
    const megabytes = residentMegabytes(server.pid);
    after.push({ megabytes, openFiles: openFilesOf(server.pid), loadedMegabytes });
  }
  return after;
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

// Maximum growth of the server's memory in megabytes. The server uses about 75 MB, and this value varies by a few
// megabytes between garbage collections.
const growthMegabytesMax = 15;

test.skipIf(!isLinux)("five rounds leave neither processes nor open files", async () => {
  await using server = await startServer({ environment: nullEngine });
  const after = await rounds(server, "null:echo", 5);
  const [first] = after;
  expect(after.at(-1)!.megabytes - first!.megabytes).toBeLessThan(growthMegabytesMax);
  await until("open files are as before", () => openFilesOf(server.pid) <= first!.openFiles);
});

// Runs only in the full run, because twenty rounds of a real model take about a minute.
test.skipIf(!isLinux || !isFull)("twenty rounds of a real model keep the memory flat", async () => {
  await using server = await startServer();
  const after = await rounds(server, "base", 20);
  const start = mean(after.slice(2, 7).map(({ megabytes }) => megabytes));
  const end = mean(after.slice(15).map(({ megabytes }) => megabytes));
  console.info(
    `server: ${start.toFixed(0)} MB after 5 rounds, ${end.toFixed(0)} MB after 20; ` +
      `runner: ${mean(after.map(({ loadedMegabytes }) => loadedMegabytes)).toFixed(0)} MB, all returned`,
  );
  expect(end - start).toBeLessThan(growthMegabytesMax);
  const files = after.map(({ openFiles }) => openFiles);
  expect(Math.max(...files.slice(1)) - Math.min(...files)).toBeLessThanOrEqual(2);
});
