/** What is done to the server meanwhile: its runners are killed, and it is sent what is no request. */
import { connect } from "node:net";
import { childrenOf } from "../e2e/processes.ts";
import { post, type Soak } from "./clients.ts";
import { formOf, loadRefused } from "./material.ts";

export interface Mischief {
  runnersKilled: number;
  junkRefused: number;
  connectionsCut: number;
  /** Junk that was not refused as it should be. */
  readonly wrong: string[];
}

export function emptyMischief(): Mischief {
  return { runnersKilled: 0, junkRefused: 0, connectionsCut: 0, wrong: [] };
}

/** Every half a minute or so, so that most of what a runner's death put off gets done. */
export async function killRunners(soak: Soak, serverPid: number, done: Mischief): Promise<void> {
  for (;;) {
    await pause(20_000, 40_000, soak);
    if (performance.now() >= soak.endMs) return;
    const runners = childrenOf(serverPid);
    const runner = runners[Math.floor(Math.random() * runners.length)];
    if (runner === undefined) continue;
    const signal = signals[done.runnersKilled % signals.length]!;
    process.kill(runner, signal);
    done.runnersKilled++;
  }
}

export async function sendJunk(soak: Soak, done: Mischief): Promise<void> {
  const refused = loadRefused();
  for (let n = 0; performance.now() < soak.endMs; n++) {
    await pause(200, 1500, soak);
    if (n % 4 === 0) await cutConnection(soak.url, rawJunk[(n / 4) % rawJunk.length]!, done);
    else await sendRefused(soak.url, refused[n % refused.length]!, done);
  }
}

// --- internal ---

const signals = ["SIGKILL", "SIGSEGV", "SIGABRT"] as const;

const head = "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: 127.0.0.1\r\n";
const formHead = `${head}Content-Type: multipart/form-data; boundary=x\r\n`;
const part = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n';

/** Sent, and then the connection is cut. */
const rawJunk: readonly string[] = [
  "\0\x01\x02 no request\r\n\r\n",
  `${formHead}Content-Length: 1000000\r\n\r\n${part}half`,
  `${formHead}Transfer-Encoding: chunked\r\n\r\nffffffff\r\n${part}`,
  `${formHead}Content-Length: 20\r\n\r\nno form at all at all`,
  `${head}Content-Length: -1\r\n\r\n`,
  `${head}X-Long: ${"a".repeat(100_000)}\r\n\r\n`,
];

async function sendRefused(
  url: string,
  { name, file }: { readonly name: string; readonly file: Blob },
  done: Mischief,
): Promise<void> {
  const response = await post(url, formOf(file, {}));
  const body = await response.text();
  const isBusy = response.status === 503 && response.headers.has("retry-after");
  if (response.status >= 400 && response.status < 500) done.junkRefused++;
  // It may be the one that a kill met twice.
  else if (!isBusy && !body.includes('"runner_crashed"')) {
    done.wrong.push(`junk "${name}": status ${response.status}, ${body}`);
  }
}

function cutConnection(url: string, bytes: string, done: Mischief): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const cut = setTimeout(() => socket.destroy(), 300);
    socket.on("error", () => {});
    socket.resume();
    socket.on("close", () => {
      clearTimeout(cut);
      done.connectionsCut++;
      resolve();
    });
  });
}

async function pause(fromMs: number, toMs: number, { endMs }: Soak): Promise<void> {
  const ms = fromMs + Math.random() * (toMs - fromMs);
  await Bun.sleep(Math.max(0, Math.min(ms, endMs - performance.now())));
}
