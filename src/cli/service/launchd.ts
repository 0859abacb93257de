/** Manages the service as a launch agent of macOS. */
import { homedir } from "node:os";
import { join } from "node:path";
import { serviceName, type ServiceManager } from "./definition.ts";
import { runProgram, tryProgram } from "./run-program.ts";

export function launchd(): ServiceManager {
  const path = join(homedir(), "Library/LaunchAgents", `${serviceName}.plist`);
  const log = join(homedir(), "Library/Logs", `${serviceName}.log`);
  const domain = `gui/${process.getuid?.() ?? 0}`;
  const service = `${domain}/${serviceName}`;
  const state = () => tryProgram(["launchctl", "print", service]);
  const stop = async () => {
    if (!(await state()).isSuccess) return;
    await runProgram(["launchctl", "bootout", service]);
    // launchctl returns before the server has ended. Until then, launchd rejects the same service. launchd kills the
    // server after its ExitTimeOut, so this wait ends.
    while ((await state()).isSuccess) await Bun.sleep(100);
  };
  return {
    name: "launchd",
    path,
    text: ({ command, folder, stopS }) => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${serviceName}</string>
  <key>ProgramArguments</key>
  <array>
${command.map((word) => `    <string>${escaped(word)}</string>`).join("\n")}
  </array>
  <key>WorkingDirectory</key>
  <string>${escaped(folder)}</string>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <!-- Without this type, macOS slows down the CPU and the disk of the server. -->
  <key>ProcessType</key>
  <string>Interactive</string>
  <key>ExitTimeOut</key>
  <integer>${stopS}</integer>
  <key>StandardOutPath</key>
  <string>${escaped(log)}</string>
  <key>StandardErrorPath</key>
  <string>${escaped(log)}</string>
</dict>
</plist>
`,
    async start() {
      await stop();
      await runProgram(["launchctl", "bootstrap", domain, path]);
    },
    stop,
    forget: async () => {},
    isRunning: async () => /^\s*state = running$/m.test((await state()).output),
    logCommand: `tail -f ${log}`,
    advice: [],
  };
}

// --- internal ---

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
