/** Voice activity detection loses no speech: a sample of what test/bench/speech-kept.ts measures in full. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { isFull } from "../full.ts";
import { clips, conditions, countWrong } from "./hard-to-find.ts";
import { startServer, type TestServer } from "./server.ts";

setDefaultTimeout(600_000);

/**
 * The hardest condition for voice activity detection. Each takes eight seconds, so only `npm run test:full` runs the others.
 * quiet-speech.test.ts tests speech at -60 dB.
 */
const quick = ["20 s of silence before, between and after"];

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/**
 * Two English clips and two in another language. Each condition uses other clips, so that the test covers most of them.
 */
function sampleOf(index: number) {
  const english = clips.filter(({ language }) => language === "en");
  const from = (2 * index) % english.length;
  const others = ["es", "fr", "it", "ru", "es", "fr", "it", "ru"];
  const other = clips.filter(({ language }) => language === others[index]).slice(-2);
  return [...english.slice(from, from + 2), ...other];
}

test("the model transcribes speech that is hard to detect as well with voice activity detection as without it", async () => {
  const more: Record<string, number> = {};
  for (const [index, condition] of conditions.entries()) {
    if (!isFull && !quick.includes(condition.name)) continue;
    const sample = sampleOf(index);
    const on = await countWrong(server, condition, sample, "on");
    const off = await countWrong(server, condition, sample, "off");
    expect(on.words, condition.name).toBeGreaterThan(40);
    more[condition.name] = on.wrong - off.wrong;
  }
  expect(Object.keys(more)).toHaveLength(isFull ? conditions.length : quick.length);
  // The sum counts only losses, so that a gain in one condition cannot hide a loss in another.
  const total = Object.values(more).reduce((sum, wrong) => sum + Math.max(0, wrong), 0);
  expect(total, JSON.stringify(more)).toBeLessThanOrEqual(4);
});
