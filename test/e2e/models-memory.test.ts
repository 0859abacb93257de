/**
 * Tests models that share a limited memory. An idle model is unloaded when another model needs its memory, but a pinned
 * model stays loaded.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, until, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const environment = { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1" };

const expectWorks = async (server: TestServer) => {
  const form = formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt: "say still here" });
  expect(await (await server.post(form)).json()).toMatchObject({ text: "still here" });
};

describe("a runner", () => {
  test("is not started for another model if there is not enough memory in addition to a pinned model", async () => {
    await using bounded = await startServer({
      flags: ["--models-memory-bytes", "100000000", "--preload", "null:echo"],
      environment,
    });
    // The loaded model uses about half of the memory limit. The embedded model needs more memory than the other half.
    await expectWorks(bounded);
    const says = /"base": it needs at least \d+ MB.*OPEN_ASR_SERVER_MODELS_MEMORY_BYTES/;
    const expected = { status: 503, code: "server_busy", says, retry: true };
    await expectError(await bounded.post(formOf({ file: wavOf(0.5) })), expected);
    expect(bounded.runners()).toHaveLength(1);
    await expectWorks(bounded);

    process.kill(bounded.runners()[0]!, "SIGKILL");
    await until("the runner has ended", () => bounded.log().includes(" runner ended "));
    expect((await bounded.post(formOf({ file: wavOf(0.5) }))).status).toBe(200);
  });

  test("ends when its model is idle and another model needs its memory", async () => {
    await using bounded = await startServer({
      flags: ["--models-memory-bytes", "100000000"],
      environment,
    });
    await expectWorks(bounded);
    const [first] = bounded.runners();
    expect((await bounded.post(formOf({ file: wavOf(0.5) }))).status).toBe(200);
    expect(bounded.runners()).toHaveLength(1);
    expect(bounded.runners()).not.toContain(first);
    await expectWorks(bounded);
    expect(bounded.runners()).toHaveLength(1);
  });
});
