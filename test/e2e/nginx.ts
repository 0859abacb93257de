/**
 * Starts nginx as a reverse proxy for a server. nginx has its default settings, except for settings that a test
 * changes.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

/**
 * Path of nginx (Debian's package `nginx-light`), also if its folder is not in PATH. Null if this machine has no nginx.
 */
export const nginx =
  Bun.which("nginx") ?? (existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : null);

export interface Nginx extends AsyncDisposable {
  readonly url: string;
}

/** Starts nginx as a proxy of the server at `url`. `settings` are nginx directives for the location `/`. */
export async function startNginx(url: string, settings: readonly string[] = []): Promise<Nginx> {
  if (nginx === null) throw new Error("expected nginx on this machine");
  const folder = mkdtempSync(join(tmpdir(), "open-asr-nginx-"));
  const port = await freePort();
  const path = join(folder, "nginx.conf");
  writeFileSync(path, configuration({ url, port, folder, settings }));
  const child = Bun.spawn([nginx, "-e", "error.log", "-p", folder, "-c", path], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  const own = `http://127.0.0.1:${port}`;
  await listening(own, child);
  return {
    url: own,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      rmSync(folder, { recursive: true });
    },
  };
}

// --- internal ---

interface Configuration {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly settings: readonly string[];
}

/**
 * Returns the configuration. nginx runs as a single process, because such a process needs no second user and ends with
 * the test.
 */
function configuration({ url, port, folder, settings }: Configuration): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${folders.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${url};
      client_max_body_size 512m;
      ${settings.join("\n      ")}
    }
  }
}
`;
}

/** Waits until nginx forwards requests. */
async function listening(url: string, { exited }: Bun.Subprocess): Promise<void> {
  const ended = exited.then((code) => {
    throw new Error(`nginx ended with exit code ${code}`);
  });
  const answers = async () => {
    for (let tries = 0; tries < 500; tries++) {
      const answer = await fetch(`${url}/health`).catch(() => null);
      if (answer?.ok === true) return;
      await Bun.sleep(20);
    }
    throw new Error("nginx did not start within 10 s");
  };
  await Promise.race([answers(), ended]);
}
