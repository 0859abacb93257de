/**
 * Tests file system errors. The response must explain what the client can do, and must never contain a path of the
 * server.
 */
import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { AsrError } from "../../src/errors.ts";
import type { Job } from "../../src/jobs/job.ts";
import { errorOf, openApp } from "./app.ts";

const systemError = (code: string) =>
  Object.assign(new Error(`${code}: it failed, open '/srv/secret/spool/1'`), { code });

/**
 * Replaces the spool folder with a file. Then no file can be created or deleted in the folder. Returns a function that
 * removes the file that replaced the folder.
 */
function breakFolder(audioPath: string): () => void {
  const folder = dirname(audioPath);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "");
  return () => rmSync(folder);
}

async function failing(reason: unknown) {
  using app = openApp({ transcribe: () => Promise.reject(reason) });
  const response = await app.post();
  return { status: response.status, headers: response.headers, ...(await errorOf(response)) };
}

test.each(["EMFILE", "ENFILE"])(
  "%s is answered with 503 server_busy, also as the cause of another error",
  async (code) => {
    const cause = systemError(code);
    const wrapped = new AsrError("internal_error", "It failed", { cause });
    for (const error of [cause, wrapped]) {
      const answer = await failing(error);
      expect(answer).toMatchObject({ status: 503, code: "server_busy" });
      expect(answer.headers.get("x-should-retry")).toBe("true");
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(answer.message).not.toContain("secret");
    }
  },
);

test.each(["EROFS", "ENOSPC", "ENOENT", "EACCES", "EIO"])(
  "the response to %s contains no path",
  async (code) => {
    const answer = await failing(systemError(code));
    expect(answer).toMatchObject({ status: 500, code: "internal_error" });
    expect(answer.message).not.toMatch(/secret|spool/);
  },
);

test("the response contains no path if the spool folder is broken, when a file is created and when it is deleted", async () => {
  const restores: (() => void)[] = [];
  const fail = ({ audioPath }: Job) => {
    restores.push(breakFolder(audioPath));
    return Promise.reject(new AsrError("server_busy", "The model restarts", { retryAfterS: 3 }));
  };
  using app = openApp({ transcribe: fail });
  try {
    const removed = await app.post();
    expect([removed.status, await errorOf(removed)]).toMatchObject([
      503,
      { code: "server_busy", message: "The model restarts" },
    ]);
    const made = await app.post();
    const { code, message } = await errorOf(made);
    expect([made.status, code]).toEqual([500, "internal_error"]);
    expect(message).not.toContain(dirname(app.jobs[0]?.audioPath ?? "?"));
    expect(message).not.toMatch(/E[A-Z]{4,}|\/tmp/);
    const metrics = await (await app.send("/metrics")).text();
    expect(metrics).toContain("open_asr_spool_bytes 0");
  } finally {
    for (const restore of restores) restore();
  }
});

test("an error message shortens a long path that it repeats", async () => {
  using app = openApp();
  for (const [path, method] of [
    [`/${"x".repeat(5000)}`, "GET"],
    [`/v1/models/${"x".repeat(5000)}`, "PUT"],
  ] as const) {
    const { message } = await errorOf(await app.send(path, { method }));
    expect(message.length).toBeLessThan(400);
  }
});
