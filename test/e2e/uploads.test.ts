/**
 * Tests uploads on disk. The files are private, count towards the disk limits, and are deleted in time. An upload is
 * never completely in memory.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { openScratch } from "./executable.ts";
import { expectError } from "./failures.ts";
import { peakMemoryBytes } from "./processes.ts";
import { rawForm, rawHead, sendLargeForm } from "./raw-http.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { canMountTmpfs, mountTmpfs } from "./tmpfs.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const megabyte = 1024 * 1024;

test.skipIf(process.platform !== "linux")(
  "fifty uploads of 25 MB at once take less than 150 MB of memory in all",
  async () => {
    await using server = await startServer({ environment: nullEngine });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        sendLargeForm(server.url, 25 * megabyte, { model: "null:echo" }),
      ),
    );
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 400 [^]*unsupported_audio/);
    expect(peakMemoryBytes(server.pid)).toBeLessThan(150 * megabyte);
    expect(server.spooled()).toEqual([]);
  },
);

describe("an upload on disk", () => {
  test.skipIf(isWindows)(
    "is readable only by the server's user, and is deleted when its request ends",
    async () => {
      await using server = await startServer();
      const upload = hangingUpload(server);
      await until("the upload is on disk", () => server.spooled().length === 1);
      const [file] = server.spooled();
      expect(statSync(join(file!.parentPath, file!.name)).mode & 0o777).toBe(0o600);
      expect(statSync(file!.parentPath).mode & 0o777).toBe(0o700);
      upload.destroy();
      await until("the upload is deleted", () => server.spooled().length === 0);
      expect(await server.stop()).toBe(0);
      expect(server.spoolEntries()).toEqual([]);
    },
  );

  test("is deleted by the next server after its own server was killed, but not while its own server runs", async () => {
    using scratch = openScratch();
    const environment = { OPEN_ASR_SERVER_SPOOL_DIR: scratch.spoolFolder };
    const folders = () => readdirSync(scratch.spoolFolder);
    await using killed = await startServer({ environment });
    const [ofKilled = ""] = folders();
    await using living = await startServer({ environment });
    const ofLiving = folders().find((name) => name !== ofKilled) ?? "";
    const uploads = [hangingUpload(killed), hangingUpload(living)];
    await until("both uploads are on disk", () =>
      [ofKilled, ofLiving].every((name) =>
        readdirSync(join(scratch.spoolFolder, name)).includes("1"),
      ),
    );
    await killed.stop("SIGKILL");
    expect(folders()).toHaveLength(2);
    await using _next = await startServer({ environment });
    expect(folders()).not.toContain(ofKilled);
    expect(readdirSync(join(scratch.spoolFolder, ofLiving))).toContain("1");
    expect(folders()).toHaveLength(2);
    for (const upload of uploads) upload.destroy();
  });
});

describe("an upload that finds no disk space", () => {
  const full = { status: 507, code: "storage_full", says: /server's disk is full/ };
  const announced = () => formOf({ model: "null:echo", file: new File([large(5)], "a.wav") });

  test.skipIf(!canMountTmpfs)(
    "gets 507 if the disk is full, and a smaller upload then succeeds",
    async () => {
      using scratch = openScratch();
      using disk = mountTmpfs(scratch.folder, "size=3m");
      await using server = await startServer({
        environment: {
          ...nullEngine,
          OPEN_ASR_SERVER_SPOOL_DIR: disk.folder,
          OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES: "0",
        },
      });
      await expectError(await server.post(announced()), full);
      const unannounced = await server.post(largeForm(5 * megabyte), { headers: formHeaders });
      await expectError(unannounced, full);
      const fits = formOf({ model: "null:echo", file: wavOf(10, tone) });
      expect((await server.post(fits)).status).toBe(200);
      expect(readdirSync(disk.folder, { recursive: true })).not.toContain("1");
    },
  );

  test.skipIf(!canMountTmpfs)(
    "gets 507 before it takes the reserved free space, even if several uploads arrive at once",
    async () => {
      using scratch = openScratch();
      using disk = mountTmpfs(scratch.folder, "size=16m");
      await using server = await startServer({
        environment: {
          ...nullEngine,
          OPEN_ASR_SERVER_SPOOL_DIR: disk.folder,
          OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES: String(4 * megabyte),
        },
      });
      // The disk has enough space for one of these uploads, but not for all of them.
      const answers = Promise.all(
        Array.from({ length: 6 }, async () => (await server.post(announced())).status),
      );
      const over = new AbortController();
      void answers.finally(() => over.abort());
      let bytesFreeLeast = Infinity;
      while (!over.signal.aborted) {
        const { bavail, bsize } = statfsSync(disk.folder);
        bytesFreeLeast = Math.min(bytesFreeLeast, bavail * bsize);
        await Bun.sleep(1);
      }
      expect(bytesFreeLeast).toBeGreaterThanOrEqual(4 * megabyte);
      expect(bytesFreeLeast).toBeLessThan(16 * megabyte);
      expect(new Set(await answers)).toEqual(new Set([400, 507]));
    },
  );

  test("gets 503 with Retry-After if other uploads use all of the spool limit", async () => {
    await using server = await startServer({
      environment: {
        ...nullEngine,
        OPEN_ASR_SERVER_MAX_UPLOAD_BYTES: String(6 * megabyte),
        OPEN_ASR_SERVER_MAX_SPOOL_BYTES: String(6 * megabyte),
      },
    });
    const upload = hangingUpload(server, 4 * megabyte);
    await until("the upload is on disk", () => spooledBytes(server) > 3.9 * megabyte);
    const busy = {
      status: 503,
      code: "server_busy",
      retry: true,
      says: /OPEN_ASR_SERVER_MAX_SPOOL_BYTES.*Retry in/,
    };
    const refused = await server.post(announced());
    expect(Number(refused.headers.get("retry-after"))).toBeWithin(1, 61);
    await expectError(refused, busy);
    const unannounced = await server.post(largeForm(5 * megabyte), { headers: formHeaders });
    await expectError(unannounced, busy);
    upload.destroy();
    await until("the upload is deleted", () => server.spooled().length === 0);
    expect((await server.post(announced())).status).toBe(400);
  });

  test("is not rejected because of space that other uploads only announced", async () => {
    await using server = await startServer({ environment: nullEngine });
    const { hostname, port } = new URL(server.url);
    const idlers = Array.from({ length: 40 }, () => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      socket.write(
        rawHead({ "Content-Length": String(512 * megabyte) }) + rawForm("x").slice(0, 80),
      );
      return socket;
    });
    await until("all uploads are on disk", () => server.spooled().length === idlers.length);
    const fits = formOf({ model: "null:echo", file: wavOf(0.5, tone) });
    expect((await server.post(fits)).status).toBe(200);
    for (const idler of idlers) idler.destroy();
  });

  test("gets 507 if it would leave less than the reserved free space", async () => {
    await using server = await startServer({
      environment: { OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES: String(1024 ** 4) },
    });
    const says = /OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES/;
    await expectError(await server.post(announced()), { ...full, says });
  });
});

test.skipIf(isWindows)(
  "the server recreates its spool folder if another process deletes it",
  async () => {
    await using server = await startServer({ environment: nullEngine });
    const [folder = ""] = server.spoolEntries();
    rmSync(join(server.spoolFolder, folder), { recursive: true });
    const fits = formOf({ model: "null:echo", file: wavOf(0.5, tone) });
    expect((await server.post(fits)).status).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(server.spoolEntries()).toEqual([]);
  },
);

test.skipIf(isWindows)(
  "the server answers 500 and logs the reason if its spool folder is lost for good",
  async () => {
    using scratch = openScratch();
    const spool = join(scratch.folder, "gone");
    mkdirSync(spool);
    await using server = await startServer({ environment: { OPEN_ASR_SERVER_SPOOL_DIR: spool } });
    rmSync(spool, { recursive: true });
    const says = /could not store the file/;
    for (const body of [formOf({ file: wavOf(0.5) }), largeForm(megabyte)]) {
      const headers = body instanceof FormData ? {} : formHeaders;
      const response = await server.post(body, { headers });
      expect(await response.clone().text()).not.toContain(spool);
      await expectError(response, { status: 500, code: "internal_error", says });
    }
    await until("the log has the reason", () => server.log().split("ENOENT").length > 2);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  },
);

// --- internal ---

const formHeaders = { "content-type": "multipart/form-data; boundary=x" };

function spooledBytes(server: TestServer): number {
  return server
    .spooled()
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function large(megabytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(megabytes * megabyte).fill(120);
}

/** Returns a form with a file of `bytes` bytes. The file is generated while the form is sent. */
function largeForm(bytes: number): ReadableStream<Uint8Array> {
  const [head = "", tail = ""] = rawForm("FILE", { model: "null:echo" }).split("FILE");
  const chunk = large(1).subarray(0, 256 * 1024);
  let sent = -1;
  return new ReadableStream({
    pull(controller) {
      if (sent < 0) controller.enqueue(Buffer.from(head));
      else if (sent < bytes) controller.enqueue(chunk);
      else {
        controller.enqueue(Buffer.from(tail));
        controller.close();
      }
      sent = sent < 0 ? 0 : sent + chunk.length;
    },
  });
}

/** Starts an upload that announces `bytes` bytes, but never sends the last 100 bytes. */
function hangingUpload(server: TestServer, bytes = 50_000): Socket {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(rawHead({ "Content-Length": String(bytes) }));
  socket.write(rawForm("x".repeat(bytes)).slice(0, bytes - 100));
  return socket;
}
