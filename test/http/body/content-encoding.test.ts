/**
 * Tests compressed forms. The limits apply to the form after its decompression. A damaged form gets status 400. A form
 * with an encoding that the server does not support gets status 415.
 */
import { expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { gunzipped } from "../../../src/http/body/content-encoding.ts";
import { errorOf, openApp } from "../app.ts";

const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';
const form = (content: string) => Buffer.from(`${head}${content}\r\n--b--\r\n`);
const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString("base64");

type App = ReturnType<typeof openApp>;

function post(app: App, body: RequestInit["body"], encoding = "gzip") {
  const type = "multipart/form-data; boundary=b";
  return app.post(
    {},
    { body: body ?? null, headers: { "content-type": type, "content-encoding": encoding } },
  );
}

test.each(["gzip", "GZIP", " x-gzip"])(
  "a form with the encoding %p is decoded",
  async (encoding) => {
    using app = openApp();
    expect((await post(app, gzipSync(form(noise)), encoding)).status).toBe(200);
    expect(app.jobs[0]?.audio).toBe(noise);
  },
);

test("identity is no encoding", async () => {
  using app = openApp();
  expect((await post(app, form("abc"), "identity")).status).toBe(200);
});

test("a form is decoded byte by byte, and from several members", async () => {
  using app = openApp();
  const whole = form("abc");
  const bytes = Buffer.concat([gzipSync(whole.subarray(0, 50)), gzipSync(whole.subarray(50))]);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect((await post(app, stream)).status).toBe(200);
  expect(app.jobs[0]?.audio).toBe("abc");
});

test.each(["br", "deflate", "zstd", "gzip, gzip", "chunked"])(
  "the encoding %p is rejected before the body is read, and the error contains its name",
  async (encoding) => {
    using app = openApp();
    const response = await post(app, form("abc"), encoding);
    expect(response.status).toBe(415);
    expect(response.headers.get("accept-encoding")).toBe("gzip");
    const error = await errorOf(response);
    expect(error.code).toBe("unsupported_encoding");
    expect(error.message).toContain(`"${encoding}": expected gzip`);
  },
);

const whole = gzipSync(form(noise));
test.each([
  ["not gzip", form(noise)],
  ["empty", Buffer.alloc(0)],
  ["cut in its header", whole.subarray(0, 5)],
  ["cut", whole.subarray(0, 20_000)],
  ["without its last byte", whole.subarray(0, -1)],
  ["with a wrong checksum", Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)])],
  ["followed by other data", Buffer.concat([whole, Buffer.from("more")])],
])("a body that is %s is a 400", async (_, body) => {
  using app = openApp();
  const response = await post(app, body);
  expect(response.status).toBe(400);
  expect((await errorOf(response)).message).toMatch(/damaged or incomplete|no audio file/);
  expect(app.jobs).toEqual([]);
  expect(app.spooled()).toEqual([]);
});

test("the limit is that of the decoded file", async () => {
  using app = openApp({ uploadBytesMax: 50_000 });
  expect((await post(app, gzipSync(form("x".repeat(50_000))))).status).toBe(200);
  const response = await post(app, gzipSync(form("x".repeat(50_001))));
  expect(response.status).toBe(413);
  expect((await errorOf(response)).code).toBe("file_too_large");
  expect(app.spooled()).toEqual([]);
});

test("the part of a form that is not the file is limited after decoding too", async () => {
  using app = openApp();
  const preamble = Buffer.concat([Buffer.alloc(1_200_000), form("abc")]);
  expect((await errorOf(await post(app, gzipSync(preamble)))).message).toContain(
    "at most 1048576 bytes",
  );
});

test("members that decode to nothing are limited as well", async () => {
  using app = openApp({ uploadBytesMax: 50_000 });
  const nothing = gzipSync(Buffer.alloc(0));
  const members = Buffer.concat(Array.from({ length: 3000 }, () => nothing));
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += members.length;
      controller.enqueue(new Uint8Array(members));
    },
  });
  expect((await post(app, endless)).status).toBe(413);
  expect(sent).toBeLessThan(5_000_000);
});

test("the reading of data that is not gzip ends at once", async () => {
  let pieces = 0;
  const endless = async function* () {
    for (; pieces < 1000; pieces++) yield Buffer.alloc(1024, "x");
  };
  const read = Array.fromAsync(gunzipped(endless()));
  expect(await read.catch((error: unknown) => error)).toMatchObject({ code: "invalid_request" });
  expect(pieces).toBeLessThan(10);
});

test("a piece is decoded as its bytes are consumed, and is then no longer used", async () => {
  const bomb = gzipSync(Buffer.alloc(20_000_000));
  const piecesOf = async function* () {
    const piece = new Uint8Array(bomb);
    yield piece;
    piece.buffer.transfer(0);
  };
  let bytes = 0;
  for await (const decoded of gunzipped(piecesOf())) {
    expect(decoded.byteLength).toBeLessThanOrEqual(32 * 1024);
    bytes += decoded.byteLength;
  }
  expect(bytes).toBe(20_000_000);
});
