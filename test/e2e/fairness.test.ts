/**
 * Tests the order in which a busy server serves requests: short files before long ones, long files side by side, and
 * lanes for every key. The tests compare orders of events, no times.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

/** Records the names of requests in the order in which their responses are complete. */
class Ends {
  readonly order: string[] = [];
  readonly #server: TestServer;

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** Sends a file. The engine works for `ms` milliseconds on each chunk of 30 s. */
  async send(name: string, file: File, ms: number, key?: string): Promise<void> {
    const prompt = `sleep ${ms}`;
    const form = formOf({ file, model: "null:echo", language: "en", prompt });
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await this.#server.post(form, { headers });
    expect(response.status).toBe(200);
    await response.text();
    this.order.push(name);
  }
}

const onDisk = (server: TestServer, count: number) =>
  until(`${count} files are on disk`, () => server.spooled().length === count);

test("a clip of 5 s overtakes a file of one hour and 16 longer clips", async () => {
  await using server = await startServer({ flags: ["--workers", "2"], environment: nullEngine });
  const ends = new Ends(server);
  // The end of the test stops the server, and this request with it.
  ends.send("hour", wavOf(3600, tone), 500).catch(() => {});
  await onDisk(server, 1);
  const clip = wavOf(20, tone);
  const others = Array.from({ length: 16 }, () => ends.send("other", clip, 500));
  await onDisk(server, 17);
  const earlier = ends.order.length;
  const short = ends.send("short", wavOf(5, tone), 500);
  await Promise.all([...others, short]);
  expect(ends.order).not.toContain("hour");
  // Each of the two lanes may end its chunk first, and every fourth turn goes to the job that was served longest ago.
  expect(ends.order.indexOf("short") - earlier).toBeLessThan(6);
});

test("a short clip takes the lane of a long file, which then loses nothing", async () => {
  await using server = await startServer({ flags: ["--workers", "1"], environment: nullEngine });
  const ends = new Ends(server);
  // Each chunk takes longer than the short clip needs to arrive.
  const fields = { model: "null:echo", language: "en", prompt: "sleep 2000" };
  const long = server
    .post(formOf({ file: wavOf(140, tone), ...fields, stream: "true" }))
    .then(async (response) => {
      let text = "";
      for await (const piece of response.body!) {
        text += new TextDecoder().decode(piece);
        if (text.includes("delta") && !ends.order.includes("long")) ends.order.push("long");
      }
      return text;
    });
  await onDisk(server, 1);
  await Bun.sleep(500);
  await ends.send("short", wavOf(5, tone), 10);
  expect(ends.order).toEqual(["short"]);
  const samples = [...(await long).matchAll(/"delta":" ?(\d+) samples"/gu)].map(([, n]) =>
    Number(n),
  );
  expect(samples.reduce((sum, n) => sum + n, 0)).toBe(140 * 16_000);
});

test("two long files proceed side by side", async () => {
  await using server = await startServer({ flags: ["--workers", "2"], environment: nullEngine });
  const file = wavOf(900, tone);
  const steps: string[] = [];
  const read = async (name: string): Promise<void> => {
    const fields = { model: "null:echo", language: "en", prompt: "sleep 100" };
    const stream = { stream: "true", response_format: "verbose_json" };
    const response = await server.post(formOf({ file, ...fields, ...stream }));
    const decoder = new TextDecoder();
    for await (const piece of response.body!) {
      const parts = decoder.decode(piece, { stream: true }).split('"transcript.progress"').slice(1);
      steps.push(...parts.map(() => name));
    }
  };
  const first = read("a");
  await onDisk(server, 1);
  await Promise.all([first, read("b")]);
  // The first file may be ahead when the second one arrives. From then on, each of them gets a good part of the turns.
  const both = steps.slice(steps.indexOf("b"), steps.lastIndexOf("a"));
  expect(both.length).toBeGreaterThan(20);
  const half = both.slice(0, both.length / 2);
  for (const name of ["a", "b"]) {
    expect(half.filter((one) => one === name).length).toBeGreaterThan(half.length / 4);
  }
});

test("a key with many requests does not keep the lanes from another key", async () => {
  const environment = { ...nullEngine, OPEN_ASR_SERVER_API_KEY: "ann,bob" };
  await using server = await startServer({ flags: ["--workers", "1"], environment });
  const ends = new Ends(server);
  const clip = wavOf(5, tone);
  const many = Array.from({ length: 16 }, () => ends.send("ann", clip, 150, "ann"));
  await onDisk(server, 16);
  // The files of bob are longer, so they would come last without shares.
  const few = Array.from({ length: 3 }, () => ends.send("bob", wavOf(25, tone), 150, "bob"));
  await Promise.all([...many, ...few]);
  const before = ends.order.slice(0, ends.order.lastIndexOf("bob"));
  expect(before.filter((name) => name === "ann").length).toBeLessThan(12);
});
