/** Disturbs the soak test: kills runners, and sends invalid requests. */
import { connect } from "node:net";
import { childrenOf } from "../e2e/processes.ts";
import { isExcuse, post, type Soak, type Tally } from "./clients.ts";
import { formOf, loadRefused } from "./material.ts";

export interface Mischief {
  runnersKilled: number;
  /** Number of runners that were killed while they ran jobs again after an earlier kill. */
  killedAgain: number;
  junkRefused: number;
  connectionsCut: number;
  /** Descriptions of invalid requests that the server has not rejected. */
  readonly wrong: string[];
}

export function emptyMischief(): Mischief {
  return { runnersKilled: 0, killedAgain: 0, junkRefused: 0, connectionsCut: 0, wrong: [] };
}

/**
 * Kills runners, one at a time. After a kill, waits until the requests that lost their runner have ended. So a request
 * loses only one runner and must succeed. Every fourth kill is an exception: it follows the kill before it within three
 * seconds, so a request can lose two runners. The last runner is not killed, because the growth of its memory is
 * measured.
 */
export async function killRunners(soak: Soak, serverPid: number, done: Mischief): Promise<void> {
  for (;;) {
    await pause(5_000, 20_000, soak);
    if (performance.now() >= soak.killingEndMs) return;
    if (!killRunner(serverPid, done)) continue;
    if (done.runnersKilled % 4 === 2) {
      await pause(500, 3_000, soak);
      if (killRunner(serverPid, done)) done.killedAgain++;
    }
    // Waits for a second before it reads the list of open requests. Otherwise, the list would not contain requests that
    // arrived at the time of the kill, although they may have lost their runner.
    await pause(1_000, 1_000, soak);
    const hit = [...soak.underway];
    while (hit.some((request) => soak.underway.has(request))) await Bun.sleep(100);
  }
}

export async function sendJunk(soak: Soak, tally: Tally, done: Mischief): Promise<void> {
  const refused = loadRefused();
  for (let n = 0; performance.now() < soak.endMs; n++) {
    await pause(200, 1500, soak);
    if (n % 4 === 0) await cutConnection(soak.url, rawJunk[(n / 4) % rawJunk.length]!, done);
    else await sendRefused(soak, refused[n % refused.length]!, tally, done);
  }
}

// --- internal ---

const signals = ["SIGKILL", "SIGSEGV", "SIGABRT"] as const;

/** Kills the runner. Returns false if there is no runner. */
function killRunner(serverPid: number, done: Mischief): boolean {
  const [runner] = childrenOf(serverPid);
  if (runner === undefined) return false;
  process.kill(runner, signals[done.runnersKilled % signals.length]);
  done.runnersKilled++;
  return true;
}

const head = "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: 127.0.0.1\r\n";
const formHead = `${head}Content-Type: multipart/form-data; boundary=x\r\n`;
const part = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n';

/** Bytes of invalid requests. The test sends them and then closes the connection. */
const rawJunk: readonly string[] = [
  "\0\x01\x02 not a request\r\n\r\n",
  `${formHead}Content-Length: 1000000\r\n\r\n${part}half`,
  `${formHead}Transfer-Encoding: chunked\r\n\r\nffffffff\r\n${part}`,
  `${formHead}Content-Length: 20\r\n\r\nno form at all at all`,
  `${head}Content-Length: -1\r\n\r\n`,
  `${head}X-Long: ${"a".repeat(100_000)}\r\n\r\n`,
];

async function sendRefused(
  soak: Soak,
  { name, file }: { readonly name: string; readonly file: Blob },
  tally: Tally,
  done: Mischief,
): Promise<void> {
  const answer = await post(soak, formOf(file, {}));
  if (answer.status >= 400 && answer.status < 500) done.junkRefused++;
  else if (!isExcuse(answer, tally)) {
    done.wrong.push(`junk "${name}": status ${answer.status}, ${answer.body}`);
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
