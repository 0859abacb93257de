/** The help of a command: citty's usage, environment variables, examples. */
import { type CommandDef, renderUsage } from "citty";
import { colorAllowed } from "../settings/config.ts";
import { settings } from "../settings/index.ts";
import type { Setting } from "../settings/setting.ts";
import { describe } from "./flags.ts";

export async function helpText(command: CommandDef, root: CommandDef): Promise<string> {
  const meta = typeof command.meta === "function" ? await command.meta() : await command.meta;
  const name = meta?.name ?? "";
  const parts = [await renderUsage(command, command === root ? undefined : root)];
  if (name === "serve") parts.push(section("ENVIRONMENT", environmentLines()));
  parts.push(section("EXAMPLES", examples[name] ?? []));
  const text = `${parts.map((part) => part.trim()).join("\n\n")}\n`;
  return colorAllowed(process.stdout) ? text : Bun.stripANSI(text);
}

// --- internal ---

const examples: Readonly<Record<string, readonly string[]>> = {
  "open-asr-server": [
    "open-asr-server serve                         Serve on http://127.0.0.1:8000",
    "open-asr-server transcribe talk.mp3           Print the transcript of a file",
    "open-asr-server backends                      List the backends of this machine",
  ],
  serve: [
    "open-asr-server serve --port 9000",
    "curl http://127.0.0.1:9000/v1/audio/transcriptions -F file=@talk.mp3",
    "curl http://127.0.0.1:9000/v1/audio/transcriptions -F file=@talk.mp3 -F response_format=srt",
    "",
    "Serve other machines, with an API key:",
    "OPEN_ASR_SERVER_API_KEY=secret open-asr-server serve --host 0.0.0.0",
    "",
    "Use another model, loaded at startup:",
    "open-asr-server serve --model /models/ggml-small.bin --preload /models/ggml-small.bin",
    "",
    "Detect faint speech too; a request can override this with -F vad=off or -F vad='{...}':",
    "open-asr-server serve --vad-threshold 0.3",
  ],
  transcribe: [
    "open-asr-server transcribe talk.mp3",
    "open-asr-server transcribe talk.mp3 --format srt --output talk.srt",
    "open-asr-server transcribe *.mp3 --format vtt --output subtitles/",
    "open-asr-server transcribe talk.mp3 --format verbose_json --words",
    "open-asr-server transcribe noisy.mp3 --vad-threshold 0.7 --vad-min-speech-ms 250",
    "cat talk.mp3 | open-asr-server transcribe - --language en",
  ],
  backends: ["open-asr-server backends", "open-asr-server backends --json"],
};

function section(title: string, lines: readonly string[]): string {
  return [title, "", ...lines.map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
}

/** One line per variable: the equivalent flag, or the help text of a variable without a flag. */
function environmentLines(): string[] {
  const entries = Object.values<Setting<unknown>>(settings).filter(({ hidden }) => !hidden);
  const width = Math.max(...entries.map(({ variable }) => variable.length));
  return entries.map((entry) => {
    const text = entry.flag ? `Same as --${entry.flag}` : describe(entry);
    return `${entry.variable.padEnd(width)}  ${text}`;
  });
}
