/** Chooses the program that manages the services of the user. */
import { UsageError } from "../../settings/config.ts";
import type { ServiceManager } from "./definition.ts";
import { launchd } from "./launchd.ts";
import { systemd } from "./systemd.ts";

/** Throws UsageError on a system whose services this program cannot manage. */
export function serviceManager(platform: NodeJS.Platform = process.platform): ServiceManager {
  if (platform === "linux") return systemd();
  if (platform === "darwin") return launchd();
  throw new UsageError(
    "A service can be installed on Linux and macOS only. On Windows, create a task in the Task Scheduler that runs " +
      '"open-asr-server serve" at login',
  );
}
