/** Tests `service`. The tests with a real manager of services start their own systemd for one user. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { isFull } from "../full.ts";
import { openCommandLine } from "./command.ts";
import { executable } from "./executable.ts";
import { freePort } from "./free-port.ts";
import { until } from "./server.ts";
import { hasSystemd, startManager } from "./user-systemd.ts";

setDefaultTimeout(120_000);

const isLinux = process.platform === "linux";
let command: ReturnType<typeof openCommandLine>;
let variables: Record<string, string>;
beforeAll(() => {
  command = openCommandLine();
  const run = join(command.folder, "run");
  mkdirSync(run, { mode: 0o700 });
  variables = {
    HOME: command.folder,
    XDG_RUNTIME_DIR: run,
    PATH: process.env["PATH"] ?? "",
  };
});
afterAll(() => command[Symbol.dispose]());

const service = (...args: readonly string[]) =>
  command.run(["service", ...args], { environment: variables });

describe.skipIf(!isLinux)("service", () => {
  test("prints the unit with the flags of serve, and writes nothing", async () => {
    const { stdout, code } = await service("install", "--print", "--port", "9000");
    expect(code).toBe(0);
    expect(stdout).toContain(`ExecStart="${executable}" "serve" "--port" "9000"\n`);
    expect(stdout).toContain(`WorkingDirectory=-${realpathSync(command.folder)}\n`);
    expect(existsSync(join(command.folder, ".config"))).toBe(false);
  });

  test("rejects an invalid setting before it writes the unit", async () => {
    const { stderr, code } = await service("install", "--port", "http");
    expect(code).toBe(2);
    expect(stderr).toContain("--port");
    expect(existsSync(join(command.folder, ".config"))).toBe(false);
  });

  test("says that there is no service", async () => {
    expect(await service("status")).toMatchObject({
      stdout: "not installed: open-asr-server service install\n",
      code: 1,
    });
    expect(await service("remove")).toMatchObject({
      stdout: "There is no service to remove\n",
      code: 0,
    });
  });

  test("names the program that this system lacks", async () => {
    const home = join(command.folder, "without-systemd");
    const environment = { ...variables, HOME: home, PATH: "/nowhere" };
    const { stderr, code } = await command.run(["service", "install"], { environment });
    expect(code).toBe(1);
    expect(stderr).toContain("Cannot run systemctl: this system has no such program");
  });
});

describe.skipIf(!isFull || !hasSystemd)("service with systemd", () => {
  test("starts the server, restarts it after a kill, and removes it", async () => {
    await using manager = await startManager(variables);
    const { systemctl } = manager;
    const port = String(await freePort());
    const installed = await service("install", "--port", port);
    expect(installed.stdout).toContain(`It listens on http://127.0.0.1:${port}\n`);
    const health = () => command.run(["health", "--port", port, "--wait", "60"]);
    expect((await health()).code).toBe(0);
    expect((await service("status")).stdout).toStartWith("running\n");

    systemctl("kill", "--signal=KILL", "open-asr-server");
    await until("systemd has restarted the server", () => {
      return systemctl("show", "--property=NRestarts", "--value", "open-asr-server") === "1";
    });
    expect((await health()).code).toBe(0);

    expect((await service("remove")).code).toBe(0);
    expect((await command.run(["health", "--port", port])).code).toBe(1);
    expect(existsSync(join(command.folder, ".config/systemd/user/open-asr-server.service"))).toBe(
      false,
    );
    expect(systemctl("is-active", "open-asr-server")).toBe("inactive");
  });

  test("does not pass variables of the terminal to the service, and says so", async () => {
    await using _manager = await startManager(variables);
    const environment = { ...variables, OPEN_ASR_SERVER_PORT: String(await freePort()) };
    const { stderr } = await command.run(["service", "install"], { environment });
    expect(stderr).toContain("does not get these variables of your environment");
    expect(stderr).toContain("OPEN_ASR_SERVER_PORT");
    await service("remove");
  });
});
