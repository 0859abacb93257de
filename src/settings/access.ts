/** Settings of who gets in: address, keys. */
import { serve, setting } from "./setting.ts";
import { integer, list, text } from "./value.ts";

export const accessSettings = {
  host: setting<string>({
    variable: "OPEN_ASR_SERVER_HOST",
    flag: "host",
    alias: "h",
    commands: serve,
    fallback: "127.0.0.1",
    value: text("ADDRESS"),
    help: "Address to listen on; 0.0.0.0 listens on every network",
  }),
  port: setting<number>({
    variable: "OPEN_ASR_SERVER_PORT",
    flag: "port",
    alias: "p",
    commands: serve,
    fallback: 8000,
    value: integer("PORT", 0, 65_535),
    help: "Port to listen on; 0 takes any free one and prints it",
  }),
  apiKeys: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_API_KEY",
    commands: serve,
    fallback: [],
    fallbackText: "none: everybody is let in",
    secret: true,
    value: list("KEY,...", "keys of visible ASCII characters", isKey),
    help: "Keys of which a request must send one as `Authorization: Bearer KEY`",
  }),
} as const;

// --- internal ---

/** Whether a header can carry it. */
function isKey(item: string): boolean {
  return /^[\x21-\x7e]+$/.test(item);
}
