/** Voice activity loses no speech: a sample of what test/bench/speech-kept.ts measures in full. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { isFull } from "../full.ts";
import { clips, conditions, countWrong } from "./hard-to-find.ts";
import { startServer, type TestServer } from "./server.ts";

setDefaultTimeout(600_000);

/**
 * The condition of `npm test`: voice activity has to find the speech in long silence. Each condition takes ten seconds, so the
 * others are for `npm run test:full`; quiet-speech.test.ts has quiet speech.
 */
const quick = ["20 s of silence before, between and after"];

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A pair of each of two languages; other pairs in each condition, so that most clips have their turn. */
function sampleOf(index: number) {
  const english = clips.filter(({ language }) => language === "en");
  const from = (2 * index) % english.length;
  const others = ["es", "fr", "it", "ru", "es", "fr", "it", "ru"];
  const other = clips.filter(({ language }) => language === others[index]).slice(-2);
  return [...english.slice(from, from + 2), ...other];
}

test("speech that is hard to find is heard with voice activity as without it", async () => {
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
  // What one condition gains makes no loss of another good.
  const total = Object.values(more).reduce((sum, wrong) => sum + Math.max(0, wrong), 0);
  expect(total, JSON.stringify(more)).toBeLessThanOrEqual(4);
});
