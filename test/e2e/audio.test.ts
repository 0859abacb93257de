/**
 * Tests audio formats: the server recognizes every format by the bytes of the file, independent of the name and the
 * content type from the client.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { repository } from "./executable.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(120_000);

const spokenFolder = join(import.meta.dir, "audio");
const formatsFolder = join(repository, "test/audio/formats");
const agentPath = join(spokenFolder, "agent.mp3");
const agentS = 4.907;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: nullEngine });
});
afterAll(() => server[Symbol.asyncDispose]());

test.each(
  readdirSync(spokenFolder)
    .filter((name) => name.startsWith("agent"))
    .toSorted(),
)("the server transcribes %s", async (name) => {
  const file = new File([Bun.file(join(spokenFolder, name))], name);
  const { text } = await server
    .client()
    .audio.transcriptions.create({ file, model: "base", language: "en" });
  // The narrow band of GSM, for example, makes the model write "log in".
  const heard = normalisedWords(text).join(" ").replace("log in", "login");
  expect(heard).toBe("agent login please enter your agent number followed by the pound key");
});

// The tests in ffi/audio compare each sample of these files. The tests here only check that all samples reach the
// engine.
test.each(
  readdirSync(formatsFolder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .toSorted(),
)("all samples of %s reach the engine", async (name) => {
  const joined = name === "mp3-joined.mp3" || name === "chained.ogg";
  const { durationS, samples } = await echo(new File([Bun.file(join(formatsFolder, name))], name));
  expect(samples / 16_000).toBeCloseTo(durationS, 2);
  const wholeS = [1, 3, 6].find((s) => Math.abs(s - durationS) < 0.15);
  expect(wholeS, `${durationS} s`).toBeDefined();
  expect(joined).toBe(wholeS === 6);
});

test.each([
  ["a wrong extension", new File([Bun.file(agentPath)], "speech.txt", { type: "text/plain" })],
  ["no extension", new File([Bun.file(agentPath)], "speech")],
  [
    "an invalid content type",
    new File([Bun.file(agentPath)], "a.mp3", { type: "application/x-what" }),
  ],
  ["a name in Cyrillic letters", new File([Bun.file(agentPath)], "речь 💬.mp3")],
  ["a path as its name", new File([Bun.file(agentPath)], "../../etc/passwd")],
])("the server accepts a file with %s", async (_how, file) => {
  expect((await echo(file)).durationS).toBeCloseTo(agentS, 1);
});

const boundary = "----boundary";
const part = (headers: string, content: Buffer | string) =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n"),
  ]);
const agent = Buffer.from(await Bun.file(agentPath).arrayBuffer());
const model = part('Content-Disposition: form-data; name="model"', "null:echo");
const end = Buffer.from(`--${boundary}--\r\n`);

test.each([
  [
    "no file name and no type",
    [part('Content-Disposition: form-data; name="file"', agent), model, end],
  ],
  [
    "the file before the fields, header names in capitals",
    [part('CONTENT-DISPOSITION: form-data; name="file"; filename="x"', agent), model, end],
  ],
  [
    "text before the first part",
    [
      Buffer.from("This is a form.\r\n"),
      model,
      part('Content-Disposition: form-data; name="file"; filename="x.mp3"', agent),
      end,
    ],
  ],
])("the server reads a form with %s", async (_how, parts) => {
  const response = await server.post(Buffer.concat(parts), {
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ usage: { type: "duration", seconds: 5 } });
});

test("the server reads a form that arrives in small chunks and without a Content-Length", async () => {
  const whole = Buffer.concat([
    model,
    part('Content-Disposition: form-data; name="file"; filename="x.mp3"', agent),
    end,
  ]);
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (let at = 0; at < whole.length; at += 1000) {
        controller.enqueue(whole.subarray(at, at + 1000));
        if (at % 10_000 === 0) await Bun.sleep(1);
      }
      controller.close();
    },
  });
  const response = await server.post(body, {
    headers: { "content-type": `Multipart/Form-Data; boundary="${boundary}"` },
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ usage: { type: "duration", seconds: 5 } });
});

// --- internal ---

/** Returns the duration and the number of samples that the null engine reports for the file. */
async function echo(file: File): Promise<{ durationS: number; samples: number }> {
  const form = formOf({ file, model: "null:echo", response_format: "verbose_json" });
  const response = await server.post(form);
  expect(response.status, await response.clone().text()).toBe(200);
  const { duration, text } = (await response.json()) as { duration: number; text: string };
  return { durationS: duration, samples: Number(/^(\d+) samples$/.exec(text)?.[1]) };
}
