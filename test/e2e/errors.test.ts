/** Tests error responses: the format of OpenAI, the headers that OpenAI's clients obey, and helpful messages. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError } from "openai";
import { repository } from "./executable.ts";
import { expectError, failureOf } from "./failures.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const speech = () => wavOf(0.5, tone);
const textFile = (text: string) => new File([text], "a.wav");
const cutOff = (file: File, bytes: number) => new File([file.slice(0, bytes)], file.name);
const refused = (name: string) =>
  new File([Bun.file(join(repository, "test/audio/formats/refused", name))], name);

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    environment: {
      ...nullEngine,
      OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo",
      OPEN_ASR_SERVER_MAX_AUDIO_SECONDS: "60",
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

describe("the server answers audio", () => {
  const cases: readonly (readonly [what: string, file: () => File, code: string, says: RegExp])[] =
    [
      [
        "that is too short",
        () => wavOf(0.05, tone),
        "audio_too_short",
        /0\.050 s.*minimum is 0\.1/,
      ],
      ["that is too long", () => wavOf(61), "audio_too_long", /60 s/],
      ["that is text", () => textFile("This is not audio."), "unsupported_audio", /text/],
      ["that is empty", () => new File([], "a.wav"), "invalid_audio", /empty/],
      ["that is cut off in its header", () => cutOff(wavOf(1), 30), "invalid_audio", /./],
      ["without a sound track", () => refused("no-audio.mp4"), "invalid_audio", /no audio track/],
      ["in AC-3", () => refused("ac3.ac3"), "unsupported_audio", /AC-3.*accepted are wav/],
      ["in AC-3 in mp4", () => refused("ac3.mp4"), "unsupported_audio", /AC-3 in MP4/],
      ["in AC-3 in mkv", () => refused("ac3.mkv"), "unsupported_audio", /AC-3 in matroska/],
      ["in AMR", () => refused("amr.amr"), "unsupported_audio", /AMR/],
      ["in AMR in 3GP", () => refused("amr.3gp"), "unsupported_audio", /AMR in 3GP/],
      ["in AC-3 in MPEG-TS", () => refused("ac3.ts"), "unsupported_audio", /AC-3 in MPEG-TS/],
      ["in MPEG-PS", () => refused("mpeg-ps.mpg"), "unsupported_audio", /MPEG program stream/],
      ["in Speex", () => refused("speex.ogg"), "unsupported_audio", /Speex/],
      ["in WavPack", () => refused("wavpack.wv"), "unsupported_audio", /WavPack/],
      ["in WMA", () => refused("wma.wma"), "unsupported_audio", /WMA/],
      ["in G.722", () => refused("g722.wav"), "unsupported_audio", /G\.722/],
      ["in surround Opus", () => refused("opus-surround.ogg"), "unsupported_audio", /6 channels/],
    ];
  test.each(cases)("%s with a 400 that names the problem", async (_what, file, code, says) => {
    const response = await server.post(formOf({ file: file() }));
    await expectError(response, { status: 400, code, param: "file", says });
  });
});

describe("a parameter value that the server does not support", () => {
  test.each([
    ["response_format", "diarized_json"],
    ["languages[]", "de"],
    ["known_speaker_names[]", "Ann"],
    ["known_speaker_references[]", "data:audio/wav;base64,AA=="],
    ["language", "de"],
  ])("%s=%s is rejected, and the error contains the parameter's name", async (name, value) => {
    const response = await server.post(formOf({ file: speech(), [name]: value }));
    const param = name.replace(/\[.*$/, "");
    await expectError(response, { status: 400, code: "unsupported_value", param });
  });

  test.each([
    ["response_format", "docx", /json, text, srt, vtt, verbose_json/],
    ["temperature", "1.5", /from 0 to 1/],
    ["temperature", "warm", /a number/],
    ["language", "Klingon", /ISO 639-1/],
    ["timestamp_granularities[]", "word", /verbose_json/],
    ["speed", "2", /expected file, model, language/],
  ])("%s=%s is rejected with the values that are allowed", async (name, value, says) => {
    const response = await server.post(formOf({ file: speech(), [name]: value }));
    const param = name.replace(/\[.*$/, "");
    await expectError(response, { status: 400, code: "invalid_request", param, says });
  });
});

describe("a request for a model", () => {
  test.each([
    ["gigantic", 404, "model_not_found", /"gigantic".*\. Use one of "null:echo", "base"$/],
    ["small", 404, "model_not_found", /not on this machine.*"base"/],
    ["coreml:base", 404, "model_not_found", /unknown backend "coreml"/],
    ["whisper-cpp:", 404, "model_not_found", /colon/],
    ["/etc/passwd", 403, "model_not_allowed", /OPEN_ASR_SERVER_ALLOWED_MODELS/],
    ["whisper-cpp:../../model.bin", 403, "model_not_allowed", /path/],
    ["~/model.bin", 403, "model_not_allowed", /path/],
  ])("named %p is answered with %i", async (model, status, code, says) => {
    const response = await server.post(formOf({ model, file: speech() }));
    await expectError(response, { status, code, param: "model", says });
  });

  test("that does not exist is rejected before the client has sent the audio", async () => {
    const { status, sentBytes } = await sendEndlessly(server.url, { model: "gigantic" });
    expect(status).toBe(404);
    expect(sentBytes).toBeLessThan(64 * megabyte);
  });
});

describe("a request", () => {
  test.each([
    ["without a file", () => formOf({ model: "null:echo" }), /part named `file`/],
    ["with its audio in another field", () => formOf({ audio: speech() }), /`file`/],
  ])("%s is answered with 400", async (_how, form, says) => {
    await expectError(await server.post(form()), { status: 400, code: "invalid_request", says });
  });

  test.each([
    ["JSON", "application/json", '{"model":"base"}'],
    ["a form without a boundary", "multipart/form-data", "--x"],
    [
      "a form without an end",
      "multipart/form-data; boundary=x",
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nab',
    ],
  ])("whose body is %s is answered with 400", async (_what, type, body) => {
    const response = await server.post(body, { headers: { "content-type": type } });
    await expectError(response, { status: 400, code: "invalid_request" });
  });

  test("is answered with 404 for an unknown path, and with 405 for a wrong method", async () => {
    const absent = await fetch(`${server.url}/v1/audio/speech`, { method: "POST" });
    await expectError(absent, { status: 404, code: "unknown_route", says: /openapi\.json/ });
    const wrong = await fetch(`${server.url}/v1/audio/transcriptions`);
    await expectError(wrong, { status: 405, code: "method_not_allowed", says: /POST/ });
    expect(wrong.headers.get("allow")).toBe("POST");
  });
});

describe("an upload above OPEN_ASR_SERVER_MAX_UPLOAD_BYTES", () => {
  test("is answered with 413 while the client still sends it", async () => {
    await using small = await startServer({
      environment: {
        OPEN_ASR_SERVER_MAX_UPLOAD_BYTES: "100000",
        ...nullEngine,
      },
    });
    const whole = await small.post(formOf({ file: wavOf(10), model: "null:echo" }));
    const says = /100000 bytes.*OPEN_ASR_SERVER_MAX_UPLOAD_BYTES/;
    await expectError(whole, { status: 413, code: "file_too_large", param: "file", says });

    const endless = await sendEndlessly(small.url, { model: "null:echo" });
    expect(endless.status).toBe(413);
    expect(endless.sentBytes).toBeLessThan(64 * megabyte);
    expect(small.spooled()).toEqual([]);

    const fits = await small.post(formOf({ file: wavOf(3), model: "null:echo" }));
    expect(fits.status).toBe(200);
  });
});

describe("an API key", () => {
  test("is required on all routes but /health if the operator set one", async () => {
    await using locked = await startServer({
      environment: { OPEN_ASR_SERVER_API_KEY: "first,second", ...nullEngine },
    });
    const wrong = locked.client({ apiKey: "third" });
    const failure = await failureOf(wrong.models.list());
    expect(failure).toBeInstanceOf(AuthenticationError);
    expect(failure.code).toBe("invalid_api_key");

    const absent = await locked.post(formOf({ file: speech(), model: "null:echo" }));
    await expectError(absent, { status: 401, code: "invalid_api_key", says: /Authorization/ });
    expect(absent.headers.get("www-authenticate")).toBe("Bearer");
    await expectError(await fetch(`${locked.url}/v1/models?api_key=first`), {
      status: 401,
      code: "invalid_api_key",
    });

    expect((await fetch(`${locked.url}/health`)).status).toBe(200);
    for (const apiKey of ["first", "second"]) {
      const answer = await locked
        .client({ apiKey })
        .audio.transcriptions.create({ file: speech(), model: "null:echo" });
      expect(answer.text).toBe("8000 samples");
    }
    expect(locked.log()).not.toMatch(/first|second|third/);
  });
});

describe("the official client", () => {
  test.each([
    [{ temperature: 2 }, BadRequestError, "invalid_request", "temperature"],
    [
      { stream: true, response_format: "srt" },
      BadRequestError,
      "unsupported_value",
      "response_format",
    ],
    [{ model: "gigantic" }, NotFoundError, "model_not_found", "model"],
    [{ model: "/m.bin" }, PermissionDeniedError, "model_not_allowed", "model"],
  ] as const)("throws its own error class for %j", async (fields, type, code, param) => {
    const options = { file: speech(), model: "null:echo", ...fields };
    const failure = await failureOf(server.client().audio.transcriptions.create(options));
    expect(failure).toBeInstanceOf(type);
    expect(failure.type).toBe("invalid_request_error");
    expect(failure.code).toBe(code);
    expect(failure.param).toBe(param);
    expect(failure.requestID).toMatch(/^req_\w+$/);
  });

  test("sends a request once when a retry cannot succeed, although it retries other 409s", async () => {
    const requests = () => server.log().split('"DELETE /v1/models/*"').length - 1;
    const deletion = server.client({ maxRetries: 2 }).models.delete("base");
    expect((await failureOf(deletion)).code).toBe("model_not_removable");
    await until("the request is in the log", () => requests() > 0);
    expect(requests()).toBe(1);
  });

  test("retries a request that a busy server rejected, until the server has time", async () => {
    await using busy = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_MAX_REQUESTS: "1" },
    });
    const slow = busy.post(
      formOf({ file: speech(), model: "null:echo", prompt: "sleep 1500; say hi" }),
    );
    const asked = () => failureOf(busy.client().models.list()).catch(() => null);
    let failure = await asked();
    while (failure === null) failure = await asked();
    expect(failure.code).toBe("server_busy");
    const page = await busy.client({ maxRetries: 5 }).models.list();
    expect(page.data.length).toBeGreaterThan(0);
    expect((await slow).status).toBe(200);
  });
});

// --- internal ---

const megabyte = 1024 * 1024;

/** Uploads a file that has no end. Stops when the response arrives. */
function sendEndlessly(url: string, fields: Readonly<Record<string, string>>) {
  return new Promise<{ status: number | undefined; sentBytes: number }>((resolve, reject) => {
    const request = httpRequest(`${url}/v1/audio/transcriptions`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
    });
    let sentBytes = 0;
    let answered = false;
    const chunk = Buffer.alloc(64 * 1024);
    const send = (): void => {
      if (answered || sentBytes > 1024 * megabyte) return;
      sentBytes += chunk.length;
      request.write(chunk, () => setTimeout(send, 0));
    };
    request.on("response", ({ statusCode }) => {
      answered = true;
      resolve({ status: statusCode, sentBytes });
      request.destroy();
    });
    request.on("error", (error) => answered || reject(error));
    for (const [name, value] of Object.entries(fields)) {
      request.write(`--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
    }
    request.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n');
    send();
  });
}
