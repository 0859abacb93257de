/**
 * Tests long requests through nginx. By default, nginx uses HTTP/1.0 for its connection to the server. In HTTP/1.0,
 * nothing marks the end of a body. If the server sends nothing for a minute, nginx cuts the connection.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { openaiPython } from "../clients/python.ts";
import { isFull } from "../full.ts";
import { repository } from "./executable.ts";
import { nginx, startNginx } from "./nginx.ts";
import { formOf, nullEngine, startServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

if (nginx === null) console.error("Behind nginx: skipped, this machine has no nginx");

const command = (prompt: string, seconds = 0.5) => ({
  file: wavOf(seconds, tone),
  model: "null:echo",
  prompt,
});

describe.skipIf(nginx === null)("through nginx that cuts a silent connection after 2 s", () => {
  const environment = {
    ...nullEngine,
    OPEN_ASR_SERVER_EARLY_BYTES_SECONDS: "1",
    OPEN_ASR_SERVER_STREAM_PING_SECONDS: "1",
    OPEN_ASR_SERVER_REJOIN_SILENCE_SECONDS: "1",
  };
  const settings = ["proxy_read_timeout 2s;"];

  test("a long json response arrives, and its spaces arrive early", async () => {
    await using server = await startServer({ environment });
    await using proxy = await startNginx(server.url, settings);
    const response = await fetch(`${proxy.url}/v1/audio/transcriptions`, {
      method: "POST",
      body: formOf(command("sleep 4500; say hi")),
    });
    expect(server.spooled()).toHaveLength(1);
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value).trim()).toBe("");
    expect(server.spooled()).toHaveLength(1);
    let rest = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      rest += new TextDecoder().decode(read.value);
    }
    expect(JSON.parse(rest)).toMatchObject({ text: "hi" });
  });

  test("a failure after the first space is an error for the client, and its retry gets the status", async () => {
    await using server = await startServer({ environment });
    await using proxy = await startNginx(server.url, settings);
    const post = (headers: Readonly<Record<string, string>> = {}) =>
      fetch(`${proxy.url}/v1/audio/transcriptions`, {
        method: "POST",
        body: formOf(command("sleep 2500; fail")),
        headers,
      });
    const first = await post();
    expect(first.status).toBe(200);
    expect(await first.text().catch(() => "cut off")).toBe("cut off");
    expect((await post({ "x-stainless-retry-count": "1" })).status).toBe(500);
  });

  test("the retry of OpenAI's client joins a text request that nginx has cut", async () => {
    await using server = await startServer({ environment });
    await using proxy = await startNginx(server.url, settings);
    const client = server.client({ baseURL: `${proxy.url}/v1`, maxRetries: 4 });
    const fields = { ...command("sleep 3500; say hi"), response_format: "text" as const };
    expect(await client.audio.transcriptions.create(fields)).toBe("hi");
    await until("the log has the retry", () => /joined=req_/.test(server.log()));
    expect(server.log()).toContain("status=499");
  });
});

// Runs only in the full run, because these jobs take as long as the timeouts of proxies and clients.
describe.skipIf(nginx === null || !isFull)("with the default settings of the server", () => {
  const environment = { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1" };

  test(
    "the retry of OpenAI's client joins a json request that nginx has cut after 30 s",
    async () => {
      await using server = await startServer({ environment });
      await using proxy = await startNginx(server.url, ["proxy_read_timeout 30s;"]);
      const client = server.client({ baseURL: `${proxy.url}/v1`, maxRetries: 1 });
      const { text } = await client.audio.transcriptions.create(command("sleep 40000; say hi"));
      expect(text).toBe("hi");
      await until("the log has the retry", () => /joined=req_/.test(server.log()));
    },
    5 * 60_000,
  );

  test(
    "OpenAI's clients get the json of a job of 12 minutes through nginx with its default timeouts",
    async () => {
      // Each of the two clients sends one job. With two workers, both jobs run at the same time.
      const two = { ...environment, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "2" };
      await using server = await startServer({ environment: two });
      await using proxy = await startNginx(server.url);
      const audio = join(server.folder, "long.wav");
      // The file has 25 chunks of 30 s. The engine sleeps for 30 s in each chunk.
      await Bun.write(audio, wavOf(25 * 30, tone));
      const [python = "python3"] = await openaiPython.install();
      const startMs = performance.now();
      const clients = [
        ["node", "--input-type=module", "-e", nodeProgram],
        [python, "-c", pythonProgram],
      ].map(async (program) => {
        const text = await outputOf(program, { BASE_URL: `${proxy.url}/v1`, AUDIO: audio });
        expect(text).toMatch(/^Ann( Ann){20,}$/);
        expect((performance.now() - startMs) / 60_000).toBeGreaterThan(12);
      });
      await Promise.all(clients);
      expect(server.log().match(/transcriptions" status=200/g)).toHaveLength(2);
      expect(server.log()).not.toContain("status=499");
    },
    40 * 60_000,
  );

  test(
    "the retry of OpenAI's client joins a text request that nginx has cut after its default of 60 s",
    async () => {
      await using server = await startServer({ environment });
      await using proxy = await startNginx(server.url);
      const client = server.client({ baseURL: `${proxy.url}/v1`, maxRetries: 2 });
      const fields = { ...command("sleep 25000; say Ann", 120), response_format: "text" as const };
      const text = await client.audio.transcriptions.create(fields);
      expect(text.trim()).toMatch(/^Ann( Ann){3,}$/);
      await until("the log has the retry", () => /joined=req_/.test(server.log()));
    },
    10 * 60_000,
  );
});

// --- internal ---

/** Runs a program. Returns its standard output without surrounding spaces. Throws an error if the program fails. */
async function outputOf(
  program: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const child = Bun.spawn([...program], {
    cwd: repository,
    env: { ...process.env, ...variables },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`${program[0]} failed: ${errors}`);
  return output.trim();
}

/**
 * A program that prints a transcript. The client for Node ends a request after its timeout, even if bytes arrive. So
 * the timeout is set to 30 minutes.
 */
const nodeProgram = `
import { createReadStream } from "node:fs";
import OpenAI from "openai";
const { BASE_URL: baseURL, AUDIO: path } = process.env;
const client = new OpenAI({ baseURL, apiKey: "any", maxRetries: 0, timeout: 30 * 60_000 });
const file = createReadStream(path);
const prompt = "sleep 30000; say Ann";
const { text } = await client.audio.transcriptions.create({ file, model: "null:echo", prompt });
console.log(text);
`;

/**
 * A program that prints a transcript. In the client for Python, each byte that arrives restarts the timeout. So the
 * default timeout is long enough.
 */
const pythonProgram = `
import os
from openai import OpenAI
client = OpenAI(base_url=os.environ["BASE_URL"], api_key="any", max_retries=0)
with open(os.environ["AUDIO"], "rb") as file:
    answer = client.audio.transcriptions.create(
        file=file, model="null:echo", prompt="sleep 30000; say Ann"
    )
print(answer.text)
`;
