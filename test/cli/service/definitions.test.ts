/** Tests the files that define a service. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchd } from "../../../src/cli/service/launchd.ts";
import { systemd } from "../../../src/cli/service/systemd.ts";

/** Characters that have a meaning in a unit of systemd or in XML. */
const hardWords = ["a b", '"quoted"', "100%n", "$HOME", "back\\slash", "<&>", "ü"];

test("a unit of systemd contains each argument as one quoted word", () => {
  const text = systemd().text({
    command: ["/bin/server", ...hardWords],
    folder: "/tmp/50%",
    stopS: 45,
  });
  expect(text).toContain(
    String.raw`ExecStart="/bin/server" "a b" "\"quoted\"" "100%%n" "$$HOME" "back\\slash" "<&>" "`,
  );
  expect(text).toContain("WorkingDirectory=-/tmp/50%%\n");
  expect(text).toContain("TimeoutStopSec=45");
});

const systemdAnalyze = Bun.which("systemd-analyze");

test.skipIf(systemdAnalyze === null)("systemd accepts the unit", () => {
  const folder = mkdtempSync(join(tmpdir(), "open-asr-server-unit-"));
  try {
    const unit = join(folder, "open-asr-server.service");
    const command = ["/bin/true", ...hardWords];
    writeFileSync(unit, systemd().text({ command, folder: "/tmp/50%", stopS: 45 }));
    const verify = ["--user", "verify", "--man=no", unit];
    const env = { ...process.env, XDG_RUNTIME_DIR: folder };
    const { status, stderr } = spawnSync(systemdAnalyze!, verify, { env });
    expect({ status, problems: String(stderr) }).toEqual({ status: 0, problems: "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a launch agent contains each argument as text of XML", () => {
  const text = launchd().text({
    command: ["/bin/server", ...hardWords],
    folder: "/tmp/50%",
    stopS: 45,
  });
  const words = [...text.matchAll(/^ {4}<string>(.*)<\/string>$/gm)].map(([, word]) => word);
  expect(words).toEqual(["/bin/server", ...hardWords.slice(0, 5), "&lt;&amp;&gt;", "ü"]);
  expect(text).toContain("<key>WorkingDirectory</key>\n  <string>/tmp/50%</string>");
  expect(text).toContain("<key>ExitTimeOut</key>\n  <integer>45</integer>");
});
