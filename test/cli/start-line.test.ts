import { expect, test } from "bun:test";
import { startText } from "../../src/cli/start-line.ts";

const start = { version: "1.2.3", model: "base", better: null, networkAddresses: ["192.0.2.7"] };
const open = { apiKeys: [], apiKeyFile: null, logFormat: "text", page: true } as const;

test.each([
  ["http://127.0.0.1:8000", "http://127.0.0.1:8000/v1", null],
  ["http://localhost:8000", "http://localhost:8000/v1", null],
  ["http://192.0.2.7:8000", "http://192.0.2.7:8000/v1", null],
  ["http://[::1]:8000", "http://[::1]:8000/v1", null],
  ["http://0.0.0.0:8000", "http://127.0.0.1:8000/v1", "http://192.0.2.7:8000/v1"],
  ["http://[::]:8000", "http://[::1]:8000/v1", "http://192.0.2.7:8000/v1"],
  ["http://[::ffff:0:0]:8000", "http://127.0.0.1:8000/v1", "http://192.0.2.7:8000/v1"],
  ["http://0.0.0.0", "http://127.0.0.1/v1", "http://192.0.2.7/v1"],
])(
  "the start text of a server on %s names the base URL %s, and %s for other machines",
  (url, base, network) => {
    const text = startText({ ...start, url }, open);
    expect(text.split("\n")).toEqual([
      `open-asr-server 1.2.3 listens on ${url}, default model "base"`,
      `in a browser: ${base.replace(/\/v1$/, "")}`,
      `base URL for OpenAI clients: ${base}`,
      ...(network === null ? [] : [`from other machines: ${network}`]),
      `try: curl "${base}/audio/transcriptions" -F "file=@audio.mp3"`,
      "",
    ]);
  },
);

test("the start text of a server without its page names no address for browsers", () => {
  const text = startText({ ...start, url: "http://127.0.0.1:8000" }, { ...open, page: false });
  expect(text).not.toContain("browser");
});

test("without a network, the start text of a server on all addresses names only this machine", () => {
  const text = startText({ ...start, networkAddresses: [], url: "http://0.0.0.0:80" }, open);
  expect(text).not.toContain("other machines");
});

test("with API keys, the command of the start text uses the variable and never contains a key", () => {
  const url = "http://127.0.0.1:8000";
  const header = '-H "Authorization: Bearer $OPEN_ASR_SERVER_API_KEY"';
  const one = startText({ ...start, url }, { ...open, apiKeys: ["secret-1"] });
  expect(one).toContain(`\ntry: curl "${url}/v1/audio/transcriptions" ${header} -F`);
  const two = startText({ ...start, url }, { ...open, apiKeys: ["secret-1", "secret-2"] });
  const fromFile = { ...open, apiKeys: ["secret-1"], apiKeyFile: "/keys" };
  for (const text of [two, startText({ ...start, url }, fromFile)]) {
    expect(text).toContain(`\ntry, with one key in OPEN_ASR_SERVER_API_KEY: curl `);
    expect(text).toContain(header);
    expect(text).not.toContain("secret");
  }
});

test("the start line names a model that is better than the starter, with the command that gets it", () => {
  const better = { model: "small", reason: "it is", command: "open-asr-server models pull small" };
  const [line] = startText({ ...start, better, url: "http://127.0.0.1:8000" }, open).split("\n");
  expect(line).toBe(
    'open-asr-server 1.2.3 listens on http://127.0.0.1:8000, default model "base" (starter); ' +
      "better: small, `open-asr-server models pull small`",
  );
});
