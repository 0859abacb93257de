/**
 * Tests forms that no HTTP library creates: forms with parts that the server skips, forms with fields without an end,
 * and forms that arrive in tiny pieces. The server must respond to each form, and continue to serve other clients.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { hasJsonBody, rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: nullEngine });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Sends a form. Resolves to the response, or to "no answer" after `msMax` milliseconds. */
function ask(form: string, { chunked = false, msMax = 20_000 } = {}): Promise<string> {
  const head = chunked
    ? rawHead({ "Transfer-Encoding": "chunked", Connection: "close" })
    : rawHead({ "Content-Length": String(form.length), Connection: "close" });
  const body = chunked ? `${chunkOf(form)}0\r\n\r\n` : form;
  const answer = sendRaw(server.url, head + body, hasJsonBody);
  return Promise.race([answer, Bun.sleep(msMax).then(() => "no answer")]);
}

const skippedParts: Readonly<Record<string, string>> = {
  "without Content-Disposition": "--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n",
  "without headers": "--x\r\n\r\nhello\r\n",
  "of another disposition": '--x\r\nContent-Disposition: attachment; name="a"\r\n\r\nhello\r\n',
  "with a line break in its file name":
    '--x\r\nContent-Disposition: form-data; name="a"; filename="a\nb"\r\n\r\nhello\r\n',
  "of 5 kB": `--x\r\nContent-Type: text/plain\r\n\r\n${"y".repeat(5000)}\r\n`,
  "of 200 kB": `--x\r\nContent-Type: text/plain\r\n\r\n${"y".repeat(200_000)}\r\n`,
};

describe.each(Object.entries(skippedParts))(
  "the server reads a form with a part %s",
  (_name, part) => {
    const file = (bytes: number) =>
      `--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n${"z".repeat(bytes)}\r\n`;

    test.each([100, 40_000, 66_000, 100_000, 300_000, 600_000])(
      "and a file of %d bytes",
      async (bytes) => {
        for (const chunked of [false, true]) {
          for (const parts of [part + file(bytes), file(bytes) + part]) {
            const heard = await ask(`${parts}--x--\r\n`, { chunked });
            expect(heard).toMatch(/^HTTP\/1\.1 400 [^]*"unsupported_audio"/);
          }
        }
        expect(server.spooled()).toEqual([]);
      },
    );
  },
);

describe("everything in a form except the file", () => {
  test.each([
    ["a preamble", `${"p".repeat(1_200_000)}\r\n${rawForm("abc")}`],
    ["a skipped part", `--x\r\n\r\n${"y".repeat(1_200_000)}\r\n${rawForm("abc")}`],
    ["fields", field("keywords", " ".repeat(60_000)).repeat(20) + rawForm("abc")],
    ["an epilogue", `${rawForm("abc")}${"e".repeat(1_200_000)}`],
  ])("may take 1 MiB in all: the server rejects %s above that", async (_name, form) => {
    const heard = await ask(form);
    expect(heard).toMatch(/^HTTP\/1\.1 400 [^]*at most 1048576 bytes[^]*"invalid_request"/);
    expect(server.spooled()).toEqual([]);
  });

  test("may take 1 MiB whatever the size of the file", async () => {
    const fields = field("keywords", " ".repeat(60_000)).repeat(15);
    const heard = await ask(fields + rawForm("z".repeat(3_000_000)));
    expect(heard).toMatch(/^HTTP\/1\.1 400 [^]*"unsupported_audio"/);
  });
});

test("the server limits the length of a list field", async () => {
  const many = field("timestamp_granularities", `${"word,".repeat(13_000)}word`).repeat(15);
  expect(await ask(many + rawForm("abc"))).toMatch(
    /^HTTP\/1\.1 400 [^]*timestamp_granularities: expected at most 64 characters/,
  );
  const keywords = field("keywords", ",".repeat(60_000)).repeat(15);
  expect(await ask(keywords + rawForm("abc"))).toMatch(/ 400 [^]*"param":"keywords"/);
  const both = formOf({
    model: "null:echo",
    file: wavOf(0.5, tone),
    response_format: "verbose_json",
    timestamp_granularities: "word, segment, word",
  });
  expect((await server.post(both)).status).toBe(200);
});

test("the server reads a body of 20,000 tiny pieces", async () => {
  const [head = "", tail = ""] = rawForm("FILE").split("FILE");
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname).setNoDelay(true);
  let heard = "";
  socket.on("data", (data) => (heard += data.toString()));
  socket.write(rawHead({ "Transfer-Encoding": "chunked" }) + chunkOf(head));
  for (let n = 0; n < 20_000; n++) {
    socket.write(chunkOf("z"));
    if (n % 10 === 0) await Bun.sleep(0);
  }
  socket.write(`${chunkOf(tail)}0\r\n\r\n`);
  await until("the server has answered", () => hasJsonBody(heard));
  socket.destroy();
  expect(heard).toContain("unsupported_audio");
});

// --- internal ---

function chunkOf(piece: string): string {
  return `${piece.length.toString(16)}\r\n${piece}\r\n`;
}

function field(name: string, value: string): string {
  return `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}
