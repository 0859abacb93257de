/** Tests the information for the operator: one log line per request, metrics, and trace ids. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const command = (prompt: string, fields: Readonly<Record<string, string>> = {}) =>
  formOf({ file: wavOf(2, tone), model: "null:echo", prompt, ...fields });

describe("the log", () => {
  test("has one line per request, as JSON if configured", async () => {
    await using server = await startServer({
      flags: ["--log-format", "json"],
      environment: nullEngine,
    });
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const response = await server.post(command("sleep 300; say hi"), { headers });
    await server.post(command("fail"));
    await fetch(`${server.url}/health`, { headers: { traceparent: "00-zz-01" } });
    await until("the log has all requests", () => linesOf(server, "request").length === 3);
    const [done, failed, health] = linesOf(server, "request");
    expect(done).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: "info",
      message: "request",
      id: response.headers.get("x-request-id"),
      trace: traceId,
      route: "POST /v1/audio/transcriptions",
      status: 200,
      model: "null:echo",
      backend: "null",
      audio_s: 2,
      upload_s: expect.any(Number),
      queue_s: expect.any(Number),
      decode_s: expect.any(Number),
      engine_s: expect.any(Number),
      total_s: expect.any(Number),
    });
    expect(done?.["engine_s"]).toBeGreaterThanOrEqual(0.3);
    expect(done?.["total_s"]).toBeGreaterThanOrEqual(Number(done?.["engine_s"]));
    expect(failed).toMatchObject({ status: 500, error: "internal_error", model: "null:echo" });
    expect(failed).not.toHaveProperty("trace");
    expect(health).toMatchObject({ route: "GET /health", status: 200 });
    expect(health).not.toHaveProperty("trace");
  });
});

test("the log and the metrics name the route of a request that a guard rejected", async () => {
  await using server = await startServer({
    flags: ["--log-format", "json"],
    environment: nullEngine,
  });
  const route = "POST /v1/audio/transcriptions";
  const wrongOrigin = await server.post(command("say hi"), {
    headers: { origin: "https://other.example" },
  });
  const wrongHost = await server.post(command("say hi"), { headers: { host: "other.example" } });
  expect([wrongOrigin.status, wrongHost.status]).toEqual([403, 403]);
  const wrongBoth = await fetch(`${server.url}/nowhere/canary`, {
    headers: { host: "other.example" },
  });
  expect(wrongBoth.status).toBe(403);
  await until("the log has all requests", () => linesOf(server, "request").length === 3);
  expect(linesOf(server, "request").map((line) => [line["route"], line["error"]])).toEqual([
    [route, "origin_not_allowed"],
    [route, "host_not_allowed"],
    ["GET /*", "host_not_allowed"],
  ]);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  for (const error of ["origin_not_allowed", "host_not_allowed"]) {
    const name = `open_asr_requests_total{route="${route}",status="403",error="${error}"}`;
    expect(valueOf(metrics, name)).toBe(1);
  }
});

/** The stages of a transcription in the order in which the log has them. */
const stages = "upload waiting decode vad features encoder decoder assembly".split(" ");

test("the log at the level debug and the metrics have the time of each stage", async () => {
  await using server = await startServer({
    flags: ["--log-format", "json", "--log-level", "debug", "--workers", "1"],
    environment: nullEngine,
  });
  const busy = server.post(command("sleep 600"));
  const working = 'open_asr_transcriptions{stage="working"}';
  while (valueOf(await (await fetch(`${server.url}/metrics`)).text(), working) !== 1) {
    await Bun.sleep(20);
  }
  const response = await server.post(command("sleep 200"));
  await busy;
  await until("both have ended", () => linesOf(server, "transcription ended").length === 2);
  const line = linesOf(server, "transcription ended")[1];
  expect(line).toMatchObject({
    level: "debug",
    id: response.headers.get("x-request-id"),
    model: "null:echo",
    backend: "null",
    audio_s: 2,
  });
  const found = Object.keys(line ?? {}).filter((name) => stages.includes(name.slice(0, -2)));
  expect(found).toEqual(stages.map((stage) => `${stage}_s`));
  const secondsOf = (stage: string) => Number(line?.[`${stage}_s`]);
  expect(secondsOf("decoder")).toBeWithin(0.2, Number(line?.["total_s"]));
  expect(secondsOf("waiting")).toBeGreaterThan(0);
  const threads = ["decode", "vad", "waiting", "decoder"];
  const sum = threads.map(secondsOf).reduce((total, seconds) => total + seconds, 0);
  expect(sum).toBeLessThan(Number(line?.["total_s"]) + 0.01);

  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  for (const stage of stages) {
    const name = `open_asr_stage_seconds_total{stage="${stage}",model="null:echo",backend="null"}`;
    const total = linesOf(server, "transcription ended")
      .map((ended) => Number(ended[`${stage}_s`]))
      .reduce((one, other) => one + other, 0);
    expect(valueOf(metrics, name)).toBeCloseTo(total, 2);
  }
});

test("without the level debug, the log has no line of stages", async () => {
  await using server = await startServer({ environment: nullEngine });
  await server.post(command("say hi"));
  await until("the log has the request", () => server.log().includes("request"));
  expect(server.log()).not.toContain("transcription ended");
});

test("the end of queued transcriptions is estimated in the metrics and in the progress of streams", async () => {
  await using server = await startServer({ flags: ["--workers", "1"], environment: nullEngine });
  const longForm = (prompt: string, fields: Readonly<Record<string, string>> = {}) =>
    formOf({ file: wavOf(200, tone), model: "null:echo", language: "en", prompt, ...fields });
  const ends = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return ["first", "last"].map((end) => valueOf(text, `open_asr_queue_seconds{end="${end}"}`));
  };
  expect(await ends()).toEqual([0, 0]);
  await (await server.post(longForm("sleep 100"))).text();
  const stream = { stream: "true", response_format: "verbose_json" };
  const streamed = server.post(longForm("sleep 300", stream));
  await until("the stream is on disk", () => server.spooled().length === 1);
  const other = server.post(longForm("sleep 10"));
  await until("both are on disk", () => server.spooled().length === 2);
  await Bun.sleep(300);
  const [first, last] = await ends();
  expect(first).toBeGreaterThan(0);
  expect(last).toBeGreaterThanOrEqual(first ?? Infinity);
  const events = (await (await streamed).text()).trim().split("\n\n");
  const left = events
    .map((line) => JSON.parse(line.replace("data: ", "")) as Record<string, unknown>)
    .filter(({ type }) => type === "transcript.progress")
    .map((event) => Number(event["time_left"]));
  expect(left.length).toBeGreaterThan(3);
  expect(Math.min(...left)).toBeGreaterThanOrEqual(0);
  expect(left.at(-1)).toBeLessThan(left[0]!);
  await (await other).text();
  expect(await ends()).toEqual([0, 0]);
});

describe("/metrics", () => {
  test("counts requests, durations and running work in Prometheus' format", async () => {
    await using server = await startServer({ environment: nullEngine });
    expect((await server.post(command("say hi"))).status).toBe(200);
    expect((await server.post(command("fail"))).status).toBe(500);
    await fetch(`${server.url}/nowhere/canary`);
    const waiting = server.post(command("sleep 1500"));
    await until("the upload is on disk", () => server.spooled().length === 1);
    await until("the log has the requests", () => server.log().includes("status=404"));
    await Bun.sleep(500);
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
    const text = await response.text();
    const value = (name: string) => valueOf(text, name);
    const route = 'route="POST /v1/audio/transcriptions"';
    expect(value(`open_asr_requests_total{${route},status="200",error=""}`)).toBe(1);
    const failed = `${route},status="500",error="internal_error"`;
    expect(value(`open_asr_requests_total{${failed}}`)).toBe(1);
    expect(value('open_asr_audio_seconds_total{model="null:echo",backend="null"}')).toBe(2);
    for (const stage of ["upload", "queue", "decode", "engine", "total"]) {
      expect(value(`open_asr_transcription_seconds_count{stage="${stage}"}`)).toBe(2);
    }
    expect(value('open_asr_transcriptions{stage="working"}')).toBe(1);
    expect(value('open_asr_transcriptions{stage="waiting"}')).toBe(0);
    expect(value("open_asr_realtime_factor")).toBeGreaterThan(0);
    expect(value("open_asr_spool_bytes")).toBeGreaterThan(64_000);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    const runner = '{model="null:echo",backend="null"}';
    expect(value(`open_asr_runner_memory_bytes${runner}`)).toBeGreaterThan(10_000_000);
    expect(value(`open_asr_runner_restarts_total${runner}`)).toBe(0);
    expect(text).not.toContain("canary");
    expect((await waiting).status).toBe(200);

    expect((await server.post(command("crash"))).status).toBe(500);
    expect((await server.post(command("say hi"))).status).toBe(200);
    const later = await (await fetch(`${server.url}/metrics`)).text();
    expect(valueOf(later, `open_asr_runner_restarts_total${runner}`)).toBeGreaterThan(0);
    expect(valueOf(later, "open_asr_spool_bytes")).toBe(0);
  });

  test("requires an API key unless the operator made it public", async () => {
    const environment = { OPEN_ASR_SERVER_API_KEY: "k" };
    await using closed = await startServer({ environment });
    expect((await fetch(`${closed.url}/metrics`)).status).toBe(401);
    const headers = { "x-api-key": "k" };
    expect((await fetch(`${closed.url}/metrics`, { headers })).status).toBe(200);
    await using open = await startServer({ environment, flags: ["--public-metrics", "on"] });
    expect((await fetch(`${open.url}/metrics`)).status).toBe(200);
    expect((await fetch(`${open.url}/v1/models`)).status).toBe(401);
  });
});

// --- internal ---

/** Returns the lines of a JSON log that have this message. */
function linesOf(server: TestServer, message: string): Record<string, unknown>[] {
  return server
    .log()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line["message"] === message);
}

function valueOf(text: string, name: string): number | null {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}
