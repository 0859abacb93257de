import { expect, spyOn, test } from "bun:test";
import { Busboy } from "@fastify/busboy";
import { audio, errorOf, formOf, openApp } from "../app.ts";

const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';
const tail = "\r\n--b--\r\n";
const headers = { "content-type": "multipart/form-data; boundary=b" };

type App = ReturnType<typeof openApp>;

function postRaw(app: App, body: RequestInit["body"], extra: Record<string, string> = {}) {
  return app.post({}, { body: body ?? null, headers: { ...headers, ...extra } });
}

for (const [name, body] of Object.entries({
  "as browsers send it": `${head}abc${tail}`,
  "without a file name": `--b\r\nContent-Disposition: form-data; name=file\r\n\r\nabc${tail}`,
  "with a preamble and an epilogue": `hello\r\n${head}abc${tail}goodbye`,
  "with a type and an encoding":
    "--b\r\nContent-Type: audio/wav\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''%c3%a9.wav\r\n" +
    `Content-Transfer-Encoding: binary\r\n\r\nabc${tail}`,
})) {
  test(`the parser reads a form ${name}`, async () => {
    using app = openApp();
    expect((await postRaw(app, body)).status).toBe(200);
    expect(app.jobs[0]?.audio).toBe("abc");
  });

  test(`the parser reads a form ${name}, byte by byte`, async () => {
    using app = openApp();
    const bytes = new TextEncoder().encode(body);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect((await postRaw(app, stream)).status).toBe(200);
    expect(app.jobs[0]?.audio).toBe("abc");
  });
}

for (const [name, body, contentType, param, words] of [
  ["a JSON body", "{}", "application/json", null, 'type "application/json"'],
  ["no body", null, "multipart/form-data; boundary=b", "file", "no audio file"],
  ["no boundary", "abc", "multipart/form-data", null, "with a boundary"],
  [
    "an endless boundary",
    "abc",
    `multipart/form-data; boundary=${"b".repeat(300)}`,
    null,
    "with a boundary",
  ],
  ["another parameter", "abc", "multipart/form-data; x-boundary=q", null, "with a boundary"],
  ["another boundary", `${head}abc${tail}`, "multipart/form-data; boundary=c", null, "incomplete"],
  ["a form without an end", `${head}abc`, "multipart/form-data; boundary=b", null, "incomplete"],
  ["half a header", head.slice(0, 30), "multipart/form-data; boundary=b", null, "incomplete"],
  ["an empty file", head + tail, "multipart/form-data; boundary=b", "file", "empty"],
  [
    "a part without a name",
    `--b\r\nContent-Disposition: form-data; nam="x"\r\n\r\nen\r\n${head}abc${tail}`,
    "multipart/form-data; boundary=b",
    null,
    "has no name",
  ],
  [
    "a file without a name",
    `--b\r\nContent-Disposition: form-data; filename="a.wav"\r\n\r\nabc${tail}`,
    "multipart/form-data; boundary=b",
    null,
    "has no name",
  ],
  ["no parts", "--b--\r\n", "multipart/form-data; boundary=b", "file", "no audio file"],
] as const) {
  test(`a request with ${name} gets 400 with the reason`, async () => {
    using app = openApp();
    const response = await postRaw(app, body, { "content-type": contentType });
    expect(response.status).toBe(400);
    const error = await errorOf(response);
    expect(error.param).toBe(param);
    expect(error.message).toContain(words);
    expect(app.spooled()).toBeEmpty();
  });
}

test("a file in a field other than `file` gets 400", async () => {
  using app = openApp();
  const error = await errorOf(await app.post(formOf({ audio: audio() })));
  expect(error).toMatchObject({ param: "audio", code: "invalid_request" });
});

test("a form with several files gets 400", async () => {
  using app = openApp();
  const form = formOf({ file: audio() });
  form.append("file", audio());
  const error = await errorOf(await app.post(form));
  expect(error.message).toContain("several files");
});

test("a form with too many fields gets 400", async () => {
  using app = openApp();
  const form = formOf({ file: audio() });
  for (let i = 0; i < 100; i += 1) form.append("timestamp_granularities[]", "word");
  expect((await errorOf(await app.post(form))).message).toContain("more than 64 fields");
});

test("a file of the maximum size is accepted; one byte more gets 413 that names the setting", async () => {
  using app = openApp({ uploadBytesMax: 50_000 });
  expect((await app.post({ file: audio("x".repeat(50_000)) })).status).toBe(200);
  const response = await app.post({ file: audio("x".repeat(50_001)) });
  expect(response.status).toBe(413);
  const error = await errorOf(response);
  expect(error).toMatchObject({ code: "file_too_large", param: "file" });
  expect(error.message).toContain("50000 bytes");
  expect(error.message).toContain("OPEN_ASR_SERVER_MAX_UPLOAD_BYTES");
  expect(app.spooled()).toBeEmpty();
});

test("an endless body gets 413 at the limit, and the server reads little more than it writes", async () => {
  using app = openApp({ uploadBytesMax: 100_000 });
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(sent === 0 ? new TextEncoder().encode(head) : new Uint8Array(16_384));
      sent += 16_384;
    },
  });
  expect((await postRaw(app, endless)).status).toBe(413);
  expect(sent).toBeLessThan(1_000_000);
});

test("an upload that stalls gets 408, and its file is deleted", async () => {
  using app = openApp({ uploadIdleS: 0.05 });
  const stalled = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`${head}abc`)),
  });
  const response = await postRaw(app, stalled);
  expect(response.status).toBe(408);
  expect((await errorOf(response)).code).toBe("upload_timeout");
  expect(app.spooled()).toBeEmpty();
  while (!app.lines.join("").includes("status=408")) await Bun.sleep(5);
  expect(app.lines.join("")).toContain(" upload_s=0.");
});

test("a parser that hangs fails the request after 5 s, and its file is deleted", async () => {
  const parse = spyOn(Busboy.prototype, "write").mockImplementation(() => true);
  try {
    using app = openApp();
    const response = await postRaw(app, `${head}abc${tail}`);
    expect(response.status).toBe(500);
    expect((await errorOf(response)).code).toBe("internal_error");
    expect(app.lines.join("")).toContain("form parser made no progress for 5 s");
    expect(app.spooled()).toBeEmpty();
  } finally {
    parse.mockRestore();
  }
}, 15_000);

test("the server stops reading the body when it rejects the model", async () => {
  using app = openApp();
  const field = '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nabsent\r\n';
  let pulls = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(
        pulls === 0 ? new TextEncoder().encode(field + head) : new Uint8Array(1024),
      );
      pulls += 1;
    },
  });
  expect((await postRaw(app, endless)).status).toBe(404);
  expect(pulls).toBeLessThan(1000);
});

test("a damaged form gets 200 or 400, never a server error", async () => {
  using app = openApp();
  const heads = `--b\r\nContent-Disposition: form-data; name="language"\r\n\r\nen\r\n${head}`;
  const whole = `${heads}${"abc\r\n--".repeat(20)}${tail}`;
  // The random numbers are the same in each run, so that a failure can be reproduced.
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 400; round += 1) {
    const bytes = new TextEncoder().encode(whole);
    // In every second round, only the headers of the parts are damaged, because most errors are possible there.
    const end = round % 2 === 0 ? heads.length : bytes.length;
    for (let i = random(6); i >= 0; i -= 1) bytes[random(end)] = random(256);
    const cut = bytes.subarray(random(20), bytes.length - random(60));
    const response = await postRaw(app, cut);
    expect([200, 400]).toContain(response.status);
  }
  expect(app.spooled()).toBeEmpty();
});
