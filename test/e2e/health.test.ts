/**
 * Tests the command `health`: its exit codes, its time limit, and the address and route to which it sends its request.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { openCommandLine } from "./command.ts";
import { freePort } from "./free-port.ts";
import { startServer } from "./server.ts";

setDefaultTimeout(60_000);

let command: ReturnType<typeof openCommandLine>;
beforeAll(() => {
  command = openCommandLine();
});
afterAll(() => command[Symbol.dispose]());

const health = (args: readonly string[], environment: Record<string, string> = {}) =>
  command.run(["health", ...args], { environment });

/**
 * Returns a fake server. When it receives the first data of a connection, it answers with `text`. If `text` is null, it
 * never answers.
 */
async function fakeServer(text: string | null, port = 0) {
  const seen: string[] = [];
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      seen.push(bytes.toString());
      if (text !== null) socket.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: String(address.port),
    seen,
    [Symbol.dispose]: () => void server.close(),
  };
}

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
);

test.each(["127.0.0.1", "0.0.0.0", "localhost", ...(hasIpv6 ? ["::"] : [])])(
  "health finds a server on %s with the settings of serve, without a key and without a proxy",
  async (host) => {
    const environment = {
      OPEN_ASR_SERVER_HOST: host,
      OPEN_ASR_SERVER_API_KEY: "k",
      HTTP_PROXY: "http://127.0.0.1:9",
      http_proxy: "http://127.0.0.1:9",
    };
    await using server = await startServer({ environment });
    const { port } = new URL(server.url);
    const shown = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[host] ?? host;
    expect(await health([], { ...environment, OPEN_ASR_SERVER_PORT: port })).toEqual({
      stdout: `http://${shown}:${port}/health: ok\n`,
      stderr: "",
      code: 0,
    });
    expect((await health(["-p", port, "--ready"], environment)).stdout).toContain("/ready: ok");
    expect(await health(["-p", port, "-q"], environment)).toEqual({
      stdout: "",
      stderr: "",
      code: 0,
    });
  },
);

test("health fails with code 1 when no program listens, also with --quiet", async () => {
  const port = String(await freePort());
  const { stdout, stderr, code } = await health(["--port", port]);
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toMatch(
    new RegExp(`^open-asr-server: http://127.0.0.1:${port}/health: no program listens .*\\n$`, "u"),
  );
  expect(await health(["--port", port, "--quiet"])).toEqual({ stdout: "", stderr: "", code: 1 });
});

test.each([
  [null, "no answer within 1 s"],
  ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "the status of the answer is 503, expected 200"],
  ["HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "the status of the answer is 302, expected 200"],
  ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "is 101"],
  ["SSH-2.0-OpenSSH\r\n", "the answer is not HTTP"],
  ["", "the connection was closed"],
])("health fails with code 1 when the answer is %j", async (text, words) => {
  using server = await fakeServer(text);
  const { stderr, code } = await health(["--port", server.port, "--timeout", "1"]);
  expect(stderr).toContain(words);
  expect(code).toBe(1);
});

test("health does not wait for the rest of an answer", async () => {
  using endless = await fakeServer("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{");
  expect((await health(["--port", endless.port, "--timeout", "30"])).code).toBe(0);
  expect(endless.seen[0]).toMatch(/^GET \/health HTTP/u);
});

test("health --wait asks again until the server answers", async () => {
  const port = String(await freePort());
  const result = health(["--port", port, "--wait", "30"]);
  let isDone = false;
  void result.then(() => (isDone = true));
  await Bun.sleep(500);
  expect(isDone).toBe(false);
  using server = await fakeServer("HTTP/1.1 200 OK\r\n\r\n", Number(port));
  expect((await result).code).toBe(0);
  expect(server.seen).toHaveLength(1);
});

test.each([
  [["--port", "0"], "The port is 0"],
  [["--timeout", "0"], '--timeout is "0", expected a whole number from 1 to 3600'],
  [["--wait", "-1"], "--wait"],
  [["--prot", "1"], "did you mean --port?"],
  [["now"], 'health takes flags only, found "now"'],
])("health %j is a usage error", async (args, words) => {
  const { stderr, code } = await health(args);
  expect(stderr).toContain(words);
  expect(code).toBe(2);
});
