/** Tests the queue of files of the web page. */
import { expect, test } from "bun:test";
import { ApiError } from "../../src/page/api/api-error.ts";
import { Keys } from "../../src/page/api/keys.ts";
import type { Upload } from "../../src/page/api/upload.ts";
import { type Entry, Queue } from "../../src/page/queue.ts";

const order = { path: "v1/audio/transcriptions", fields: [["model", "tiny"]] } as const;
const segment = { start: 0, end: 1, text: " Hi" };
const done = {
  type: "transcript.text.done",
  language: "english",
  duration: 1,
  segments: [segment],
} as const;

interface Sent extends Upload {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function open(answers: readonly (string | null)[] = []) {
  const sent: Sent[] = [];
  const states: string[] = [];
  const waits: number[] = [];
  const questions: boolean[] = [];
  const stored = new Map<string, string>();
  const left = [...answers];
  const keys = new Keys(
    {
      getItem: (name) => stored.get(name) ?? null,
      setItem: (name, key) => void stored.set(name, key),
    },
    (_kind, isRefused) => {
      questions.push(isRefused);
      return Promise.resolve(left.shift() ?? null);
    },
  );
  const queue = new Queue({
    keys,
    send(upload) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      upload.signal.addEventListener("abort", () => reject(upload.signal.reason as Error));
      sent.push({ ...upload, resolve, reject });
      return promise;
    },
    onChange: ({ state }) => {
      if (states.at(-1) !== state) states.push(state);
    },
    wait: (seconds) => {
      waits.push(seconds);
      return Promise.resolve();
    },
  });
  const add = (name: string): Entry => queue.add(new File(["RIFF"], name), order);
  return { queue, add, sent, states, waits, questions };
}

/** Lets all promises settle. */
const settle = () => Bun.sleep(1);

test("a file is sent, worked on and done", async () => {
  const { add, sent, states } = open();
  const entry = add("talk.wav");
  const [upload] = sent;
  expect([...upload!.form.keys()]).toEqual(["model", "file"]);
  upload!.onSent(0.5);
  expect(entry.part).toBe(0.5);
  upload!.onSent(1);
  upload!.onEvent({ type: "transcript.progress", done: 0, duration: 4 });
  expect(entry.part).toBeNull();
  upload!.onEvent({ type: "transcript.progress", done: 1, duration: 4 });
  expect(entry.part).toBe(0.25);
  upload!.onEvent({ type: "transcript.text.delta", segment });
  upload!.onEvent(done);
  upload!.resolve();
  await settle();
  expect(states).toEqual(["waiting", "sending", "queued", "working", "done"]);
  expect(entry.document.lines.map(({ text }) => text)).toEqual(["Hi"]);
});

test("files are sent one after the other, also after a failure", async () => {
  const { add, sent } = open();
  const [first, second] = [add("1.wav"), add("2.wav")];
  expect(sent.length).toBe(1);
  sent[0]!.reject(new ApiError("Cannot decode a text file", 400));
  await settle();
  expect([first.state, first.message]).toEqual(["failed", "Cannot decode a text file"]);
  expect([second.state, sent.length]).toEqual(["sending", 2]);
});

test("a cancelled file keeps its text, and the next one starts", async () => {
  const { queue, add, sent } = open();
  const [first, second, third] = [add("1.wav"), add("2.wav"), add("3.wav")];
  sent[0]!.onEvent({ type: "transcript.text.delta", segment });
  queue.cancel(second);
  queue.cancel(first);
  await settle();
  expect(sent[0]!.signal.aborted).toBe(true);
  expect([first, second, third].map(({ state }) => state)).toEqual([
    "stopped",
    "stopped",
    "sending",
  ]);
  expect(first.document.lines.length).toBe(1);
  expect(sent.length).toBe(2);
});

test("a file can be tried again, with other options and without its old text", async () => {
  const { queue, add, sent } = open();
  const entry = add("1.wav");
  sent[0]!.onEvent({ type: "transcript.text.delta", segment });
  queue.cancel(entry);
  await settle();
  queue.again(entry, { path: "v1/audio/translations", fields: [] });
  await settle();
  expect(sent[1]!.path).toBe("v1/audio/translations");
  expect([entry.state, entry.document.lines.length]).toEqual(["sending", 0]);
});

test("while the server is busy, the file waits as long as the server says", async () => {
  const { add, sent, waits, states } = open();
  const entry = add("1.wav");
  sent[0]!.reject(new ApiError("Server busy", 503, 7));
  await settle();
  expect(waits).toEqual([7]);
  expect(sent.length).toBe(2);
  expect(states).toEqual(["waiting", "sending", "queued", "sending"]);
  sent[1]!.resolve();
  await settle();
  expect(entry.state).toBe("done");
});

test("a removed file is cancelled", async () => {
  const { queue, add, sent } = open();
  queue.remove(add("1.wav"));
  await settle();
  expect([queue.entries.length, sent[0]!.signal.aborted]).toEqual([0, true]);
});

test("the key is asked for until the server accepts it, and kept for the next file", async () => {
  const { add, sent, questions } = open(["wrong", "right"]);
  add("1.wav");
  add("2.wav");
  for (const key of [null, "wrong"]) {
    expect(sent.at(-1)!.key).toBe(key);
    sent.at(-1)!.reject(new ApiError("no", 401));
    await settle();
  }
  expect(sent.at(-1)!.key).toBe("right");
  expect(questions).toEqual([false, true]);
  sent.at(-1)!.resolve();
  await settle();
  expect([sent.at(-1)!.key, sent.length]).toEqual(["right", 4]);
});

test("without a key, the file fails with the message of the server", async () => {
  const { add, sent } = open([null]);
  const entry = add("1.wav");
  sent[0]!.reject(new ApiError("This request requires an API key", 401));
  await settle();
  expect([entry.state, entry.message]).toEqual(["failed", "This request requires an API key"]);
});
