/** Tests the measurements with one client: the number of requests, and the length of the long audio. */
import { expect, test } from "bun:test";
import { measureLatency, measureLongAudio } from "../../../src/cli/bench/one-client.ts";
import { neverAborted } from "../../../src/platform/abort.ts";

const bytesPerSecond = 32_000;
const sample = (name: string) => {
  return { name, text: "", pcm: new Uint8Array(5 * bytesPerSecond).fill(1), durationS: 5 };
};
const samples = [sample("first"), sample("second")];
const limitOf = (isOver: boolean) => ({ signal: neverAborted, shareS: 10, isOver: () => isOver });

/**
 * Returns a fake server that stores the files that it receives. The first response takes 30 ms, all others take 1 ms.
 */
function fakeServer() {
  const sent: Blob[] = [];
  const transcribe = async (wav: Blob): Promise<string> => {
    sent.push(wav);
    await Bun.sleep(sent.length === 1 ? 30 : 1);
    return "";
  };
  return { sent, transcribe };
}

test("the latency is measured with at least 3 requests, even when the time is over, and with at most 50", async () => {
  const few = fakeServer();
  const measured = await measureLatency(few, samples[0]!, limitOf(true));
  expect(measured).toMatchObject({ clipS: 5, requests: 3 });
  expect(measured.worstS).toBeGreaterThan(0.025);
  expect(measured.medianS).toBeLessThan(measured.worstS);
  const many = fakeServer();
  expect(await measureLatency(many, samples[0]!, limitOf(false))).toMatchObject({ requests: 50 });
  expect(many.sent.every(({ size }) => size === 44 + 5 * bytesPerSecond)).toBe(true);
});

test.each([
  ["a fast model gets the longest audio", 0.1, 240],
  ["a slower one gets audio that it transcribes in its share of the time", 0.5, 60],
  ["the slowest one gets the shortest audio", 100, 30],
])("%s", async (_what, medianS, audioS) => {
  const server = fakeServer();
  const latency = { clipS: 5, requests: 3, medianS, worstS: medianS };
  const measured = await measureLongAudio(server, { samples, latency }, limitOf(true));
  expect(measured).toMatchObject({ audioS, requests: 1 });
  expect(measured.realTimeFactor).toBeGreaterThan(0);
  // A pause of 4 s follows each 10 s of speech. `audioS` does not include the pauses.
  const bytes = await server.sent[0]!.bytes();
  expect(bytes.length).toBe(44 + (audioS / 10) * 14 * bytesPerSecond);
  expect(bytes[44 + 10 * bytesPerSecond - 1]).toBe(1);
  expect(bytes[44 + 10 * bytesPerSecond]).toBe(0);
  expect(bytes[44 + 14 * bytesPerSecond]).toBe(1);
});
