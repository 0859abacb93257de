/** Tests slow uploads, and clients that take more than their share. The server must still serve other clients. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { expectError } from "./failures.ts";
import { rawForm, rawHead } from "./raw-http.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const environment = { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1" };
const busy = { status: 503, code: "server_busy", retry: true };

test("66 slow uploads take no slot in the queue", async () => {
  await using server = await startServer({ environment });
  using slow = trickle(server, 66);
  await until("all uploads are on disk", () => server.spooled().length === 66);
  for (let n = 0; n < 5; n++) expect((await server.post(command("say hi"))).status).toBe(200);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('open_asr_transcriptions{stage="uploading"} 66');
  expect(metrics).toContain('open_asr_transcriptions{stage="waiting"} 0');
  expect(slow.heard()).toEqual([]);
});

test("if every upload slot is in use, the server drops a slow upload and serves a new one", async () => {
  await using server = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_UPLOADS_MAX: "66" },
  });
  using slow = trickle(server, 66);
  await until("all uploads are on disk", () => server.spooled().length === 66);
  const says =
    /^Server busy: 66 uploads in progress \(limit: OPEN_ASR_SERVER_UPLOADS_MAX\)\. Retry in 5 s\.$/;
  await expectError(await server.post(command("say early")), { ...busy, says });
  // The server compares the rates of two uploads only when both are at least two seconds old.
  await Bun.sleep(2500);
  expect(await (await server.post(command("say late"))).json()).toMatchObject({ text: "late" });
  await until("the server drops an upload", () => slow.heard().length === 1);
  expect(slow.heard()[0]).toMatch(
    /^HTTP\/1\.1 503 [^]*The upload was dropped [^]*bytes\/s\. Retry in 5 s\.[^]*"server_busy"/,
  );
  await until("the upload is deleted", () => server.spooled().length === 65);
  // The slot of the dropped upload is free now.
  expect((await server.post(command("say next"))).status).toBe(200);
  expect(slow.heard()).toHaveLength(1);
});

test("one address that restarts its slow uploads locks out neither other addresses nor its own other clients", async () => {
  await using server = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_UPLOADS_MAX: "66" },
  });
  using _slow = trickle(server, 80, { isRenewed: true });
  await until("all uploads are on disk", () => server.spooled().length === 66);
  expect(await sendFrom(server, "127.0.0.2")).toMatch(/^HTTP\/1\.1 200 /);
  await untilServed(server, "127.0.0.1");
  expect(await sendFrom(server, "127.0.0.2")).toMatch(/^HTTP\/1\.1 200 /);
});

test("slow uploads that many addresses restart do not lock out other addresses", async () => {
  await using server = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_UPLOADS_MAX: "66" },
  });
  using _slow = trickle(server, 80, { isRenewed: true, addressOf: (n) => `127.0.1.${n + 1}` });
  await until("all uploads are on disk", () => server.spooled().length === 66);
  await untilServed(server, "127.0.0.2");
});

test("an address gets at most its share of the queue while another address waits", async () => {
  await using server = await startServer({
    environment: {
      ...environment,
      OPEN_ASR_SERVER_QUEUE_MAX: "3",
      OPEN_ASR_SERVER_TRUSTED_PROXY_HOPS: "1",
    },
  });
  const ask = (address: string, prompt: string) =>
    server.post(command(prompt), { headers: { "x-forwarded-for": address } });
  expect((await ask("1.1.1.1", "say ready")).status).toBe(200);
  // No other address waits yet, so the address 1.1.1.1 may use every slot.
  const greedy = ["sleep 2000", "sleep 1500", "sleep 1500", "sleep 1500"].map(
    async (prompt) => (await ask("1.1.1.1", prompt)).status,
  );
  await until("the queue is full", () => server.spooled().length === 4);
  await expectError(await ask("2.2.2.2", "say hi"), { ...busy, says: /QUEUE_MAX/ });
  expect(await Promise.race(greedy)).toBe(200);
  const says =
    /^Too many transcriptions from one client: 3 running or queued while other clients wait/;
  const expected = { status: 429, code: "rate_limit_exceeded", retry: true, says };
  await expectError(await ask("1.1.1.1", "say more"), expected);
  const other = ask("2.2.2.2", "say other");
  expect(await (await other).json()).toMatchObject({ text: "other" });
  expect(await Promise.all(greedy)).toEqual([200, 200, 200, 200]);
});

test("without a queue, the server rejects a second request while the first one runs", async () => {
  await using server = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_QUEUE_MAX: "0" },
  });
  expect((await server.post(command("say ready"))).status).toBe(200);
  const first = server.post(command("sleep 3000; say first"));
  await until("the upload is on disk", () => server.spooled().length === 1);
  await Bun.sleep(200);
  const says = /^Server busy: 1 transcriptions running or queued/;
  await expectError(await server.post(command("say second")), { ...busy, says });
  expect(await (await first).json()).toMatchObject({ text: "first" });
});

// --- internal ---

function command(prompt: string): FormData {
  return formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt });
}

interface Trickle {
  /** Whether an upload starts again after the server has responded to it. */
  readonly isRenewed?: boolean;
  readonly addressOf?: (n: number) => string;
}

/** Starts `count` slow uploads. Each upload sends 550 bytes per second, which is slightly above the minimum rate. */
function trickle(
  server: TestServer,
  count: number,
  { isRenewed = false, addressOf = () => "127.0.0.1" }: Trickle = {},
) {
  const { hostname, port } = new URL(server.url);
  const heard = Array.from({ length: count }, () => "");
  const begin = (n: number): Socket => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: addressOf(n) });
    socket.on("error", () => {});
    socket.on("data", (data) => (heard[n] += data.toString()));
    socket.write(rawHead({ "Content-Length": "1000000" }) + rawForm("").slice(0, 80));
    return socket;
  };
  const sockets = heard.map((_, n) => begin(n));
  const timer = setInterval(() => {
    for (const [n, socket] of sockets.entries()) {
      const isAnswered = !socket.writable || socket.bytesRead > 0;
      if (isRenewed && isAnswered) {
        socket.destroy();
        sockets[n] = begin(n);
      } else if (socket.writable) socket.write("z".repeat(110));
    }
  }, 200);
  return {
    /** Returns the responses so far. */
    heard: () => heard.filter((answer) => answer !== ""),
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Sends a complete upload from a local address. Resolves to the response. */
async function sendFrom(server: TestServer, address: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const form = new Response(command("say hi"));
  const contentType = form.headers.get("content-type") ?? "";
  const bytes = await form.bytes();
  const head = { "Content-Type": contentType, "Content-Length": String(bytes.length) };
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect({ host: hostname, port: Number(port), localAddress: address });
    socket.on("data", (data) => (heard += data.toString()));
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
    socket.write(rawHead({ ...head, Connection: "close" }));
    socket.write(bytes);
  });
}

/**
 * Repeats an upload until the server accepts it, as a client does after a response 503. Throws if the server has not
 * accepted it within 30 seconds. On an idle machine, it accepts it within three.
 */
async function untilServed(server: TestServer, address: string): Promise<void> {
  for (let n = 0; n < 60; n++) {
    if ((await sendFrom(server, address)).startsWith("HTTP/1.1 200 ")) return;
    await Bun.sleep(500);
  }
  throw new Error(`Not served within 30 s: ${address}`);
}
