/** Tests how the web page reads the responses of the server, and how it writes facts. */
import { describe, expect, test } from "bun:test";
import { errorEvent, errorOf } from "../../src/page/api/api-error.ts";
import { EventLines } from "../../src/page/api/event-lines.ts";
import { Keys } from "../../src/page/api/keys.ts";
import { suggestionsFor } from "../../src/page/model-suggestions.ts";
import { sizeText, timeText } from "../../src/page/view/texts.ts";
import { languageCode } from "../../src/transcript/languages.ts";

test("events are read wherever the response is cut", () => {
  const text = ': ping\n\ndata: {"a":1}\n\ndata: {"b":"ü\\n"}\n\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const lines = new EventLines();
    const events = [...lines.push(text.slice(0, cut)), ...lines.push(text.slice(cut))];
    expect(events).toEqual([{ a: 1 }, { b: "ü\n" }]);
  }
});

describe("an error response", () => {
  const headers = (values: Record<string, string>) => (name: string) => values[name] ?? null;
  const body = '{"error":{"message":"Server busy"}}';

  test("may be retried only if the server says so", () => {
    const retry = { "x-should-retry": "true", "retry-after": "5" };
    expect(errorOf(503, body, headers(retry))).toMatchObject({
      message: "Server busy",
      status: 503,
      retryAfterS: 5,
    });
    expect(errorOf(503, body, headers({ "retry-after": "5" })).retryAfterS).toBeNull();
    expect(errorOf(503, body, headers({ "x-should-retry": "true" })).retryAfterS).toBeNull();
  });

  test("of a proxy has its status as message", () => {
    expect(errorOf(502, "<h1>Bad gateway</h1>", headers({})).message).toContain("502");
  });

  test("may be an event", () => {
    expect(errorEvent(JSON.parse(body))?.message).toBe("Server busy");
    expect(errorEvent({ type: "transcript.text.done" })).toBeNull();
  });
});

test("the API key opens the admin routes unless they have a key of their own", async () => {
  const stored = new Map<string, string>();
  const keys = new Keys(
    { getItem: (name) => stored.get(name) ?? null, setItem: (name, key) => stored.set(name, key) },
    (kind, isRefused) => Promise.resolve(`${kind}, refused: ${isRefused}`),
  );
  expect(await keys.replace("api", null)).toBe(true);
  expect(keys.get("admin")).toBe("api, refused: false");
  expect(await keys.replace("admin", keys.get("admin"))).toBe(true);
  expect([keys.get("admin"), keys.get("api")]).toEqual([
    "admin, refused: false",
    "api, refused: false",
  ]);
  expect(await keys.replace("api", "an older key")).toBe(true);
  expect(keys.get("api")).toBe("api, refused: false");
});

test("models are suggested if the server allows them and does not have them", () => {
  const overview = { models: [{ id: "small" }], standard: "base", loaded: null };
  const names = (patterns: readonly string[]) =>
    suggestionsFor({ ...overview, patterns }).map(({ name }) => name);
  expect(names([])).toEqual([]);
  expect(names(["tiny*", "small"])).toEqual(["tiny"]);
  expect(names(["large-v3*", "parakeet-tdt-0.6b-v3*"])).toEqual([
    "large-v3-turbo",
    "parakeet-tdt-0.6b-v3",
  ]);
  expect(names(["parakeet-tdt-0x6b-v3"])).toEqual([]);
});

test("times and sizes are short", () => {
  expect([0, 7.9, 750, 3723].map(timeText)).toEqual(["0:00", "0:07", "12:30", "1:02:03"]);
  expect([0, 999, 7400, 77_704_715, 999_600_000, 1_620_000_000].map(sizeText)).toEqual([
    "0 bytes",
    "999 bytes",
    "7 kB",
    "78 MB",
    "1 GB",
    "1.6 GB",
  ]);
});

test("the name of a language in a response has a code", () => {
  expect(languageCode("german")).toBe("de");
  // The names that browsers use differ: Bangla, Burmese, Filipino.
  expect(["bengali", "myanmar", "tagalog"].map(languageCode)).toEqual(["bn", "my", "tl"]);
  expect(languageCode("unknown")).toBeNull();
});
