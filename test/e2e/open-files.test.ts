/**
 * Tests a server with few file descriptors. The server must not use the CPU while it waits. It must respond to as many
 * requests as possible. All other clients must get an error that allows them to retry.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { executable, openScratch } from "./executable.ts";
import { cpuSeconds } from "./processes.ts";
import { hasJsonBody, rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { nullEngine, startServer, type TestServer, until } from "./server.ts";

setDefaultTimeout(120_000);

const filesMax = 100;
const health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

describe.skipIf(isWindows)("with few file descriptors, a server", () => {
  test("warns at startup that it accepts fewer requests", async () => {
    await using limited = await startLimited();
    const { server } = limited;
    const warning = /warn .*Limited to 18 requests at once instead of 512.*ulimit -n/;
    await until("the server warns", () => warning.test(server.log()));
    await using usual = await startServer();
    await sendRaw(usual.url, health, (heard) => heard.includes("ok"));
    await until("the request is logged", () => usual.log().includes("/health"));
    expect(usual.log()).not.toContain("Limited to");
  });

  test("answers 503 with Retry-After to uploads above its request limit", async () => {
    await using limited = await startLimited();
    const { server } = limited;
    using inside = new Connections(server.url);
    const head = rawHead({ "Content-Length": "100000" });
    for (let n = 0; n < 60; n += 1)
      void (await inside.open()).write(head + rawForm("").slice(0, 90));
    await until("18 uploads are on disk", () => server.spooled().length === 18);
    const form = rawForm("abc");
    const refused = await sendRaw(
      server.url,
      rawHead({ "Content-Length": String(form.length) }) + form,
      hasJsonBody,
    );
    expect(refused).toMatch(/ 503 [\s\S]*retry-after: \d+[\s\S]*"code":"server_busy"/i);
    expect(server.log()).not.toMatch(/status=500/);
  });

  test("closes idle connections to accept new ones", async () => {
    await using limited = await startLimited();
    const { server } = limited;
    using idle = new Connections(server.url);
    for (let n = 0; n < 2 * filesMax; n += 1) {
      const socket = await idle.open();
      socket.write(health);
      await Promise.race([once(socket, "data"), once(socket, "close"), Bun.sleep(2000)]);
    }
    await until("the server warns", () => server.log().includes("Out of file descriptors"));
    expect(await cpuShare(server)).toBeLessThan(0.3);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  test("does not spin while silent connections use all descriptors, and answers running requests", async () => {
    await using limited = await startLimited();
    const { server } = limited;
    using early = new Connections(server.url);
    const running = await early.open();
    running.write(health);
    await once(running, "data");
    const upload = await early.open();
    upload.write(rawHead({ "Content-Length": "100000" }));
    await until("the upload began", () => server.spooled().length === 1);
    using silent = new Connections(server.url);
    for (let n = 0; n < 2 * filesMax; n += 1) await silent.open();
    await until("the server warns", () => server.log().includes("Out of file descriptors"));
    await Bun.sleep(1500);
    expect(await cpuShare(server)).toBeLessThan(0.3);

    const form = rawForm("abc").slice(0, -10);
    upload.write(`${form}--x--\r\n`.padEnd(100_000, " "));
    const [answer] = (await once(upload, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 (?:400|503) /);

    silent[Symbol.dispose]();
    await until("the server listens again", () => server.log().includes("Out of"), 5);
    expect((await retried(() => fetch(`${server.url}/health`))).status).toBe(200);
  });
});

// --- internal ---

/** Connections of one client. A connection that the server refuses or resets counts as closed. */
class Connections implements Disposable {
  readonly #url: URL;
  readonly #sockets: Socket[] = [];

  constructor(url: string) {
    this.#url = new URL(url);
  }

  async open(): Promise<Socket> {
    const socket = connect(Number(this.#url.port), this.#url.hostname);
    socket.on("error", () => {});
    this.#sockets.push(socket);
    await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => undefined);
    return socket;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Starts the executable with a script that lowers the limit on open files. */
async function startLimited() {
  const scratch = openScratch();
  const script = join(scratch.folder, "limited");
  writeFileSync(script, `#!/bin/sh\nulimit -n ${filesMax}\nexec "${executable}" "$@"\n`);
  chmodSync(script, 0o700);
  const server = await startServer({ executable: script, environment: nullEngine });
  return {
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      scratch[Symbol.dispose]();
    },
  };
}

/** Returns the number of cores that the server keeps busy, measured over two seconds. */
async function cpuShare(server: TestServer): Promise<number> {
  const startS = cpuSeconds(server.pid);
  const startMs = performance.now();
  await Bun.sleep(2000);
  return ((cpuSeconds(server.pid) - startS) * 1000) / (performance.now() - startMs);
}

async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 50) throw error;
      await Bun.sleep(100);
    }
  }
}
