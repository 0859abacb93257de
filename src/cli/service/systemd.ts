/** Manages the service as a user unit of systemd. */
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { configFolder } from "../../settings/config-file-path.ts";
import { serviceName, type ServiceManager } from "./definition.ts";
import { runProgram, tryProgram } from "./run-program.ts";

export function systemd(): ServiceManager {
  const settingsFolder = configFolder() ?? join(homedir(), ".config");
  return {
    name: "systemd",
    path: join(settingsFolder, "systemd/user", unit),
    text: ({ command, folder, stopS }) => `[Unit]
Description=open-asr-server, speech recognition for OpenAI clients
Documentation=man:open-asr-server(1)

[Service]
ExecStart=${command.map(quoted).join(" ")}
WorkingDirectory=-${folder.replaceAll("%", "%%")}
Restart=on-failure
RestartSec=5
TimeoutStopSec=${stopS}

[Install]
WantedBy=default.target
`,
    async start() {
      await runProgram(control("daemon-reload"));
      await runProgram(control("enable", unit));
      await runProgram(control("restart", unit));
    },
    stop: () => runProgram(control("disable", "--now", unit)),
    forget: () => runProgram(control("daemon-reload")),
    isRunning: async () => (await tryProgram(control("is-active", unit))).isSuccess,
    logCommand: `journalctl --user -u ${serviceName}`,
    advice: [
      `The server stops when you log out. To keep it running: loginctl enable-linger ${userInfo().username}`,
    ],
  };
}

// --- internal ---

const unit = `${serviceName}.service`;

function control(...words: readonly string[]): string[] {
  return ["systemctl", "--user", ...words];
}

/**
 * Quotes a word of ExecStart= as systemd.service(5) describes it. There, `%` starts a specifier, `$` starts a variable,
 * and `\` starts an escape sequence.
 */
function quoted(word: string): string {
  const escaped = word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("%", "%%")
    .replaceAll("$", () => "$$");
  return `"${escaped}"`;
}
