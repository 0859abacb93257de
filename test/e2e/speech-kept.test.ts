/**
 * Checks that voice activity detection does not remove speech. This test uses a sample of the recordings.
 * test/bench/speech-kept.ts measures all recordings.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { isFull } from "../full.ts";
import { clips, conditions, countWrong } from "./hard-to-find.ts";
import { startServer, type TestServer } from "./server.ts";

setDefaultTimeout(600_000);

/**
 * Conditions for `npm test`. The list contains only one condition, because each condition takes eight seconds. It is
 * the hardest condition for voice activity detection. `npm run test:full` uses all conditions. quiet-speech.test.ts
 * tests speech at -60 dB.
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
 * Returns two English clips and two clips in another language. Each condition uses different clips, so all conditions
 * together use most clips.
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
  // Only losses are added, so an improvement in one condition cannot hide a loss in another condition.
  const total = Object.values(more).reduce((sum, wrong) => sum + Math.max(0, wrong), 0);
  expect(total, JSON.stringify(more)).toBeLessThanOrEqual(4);
});
