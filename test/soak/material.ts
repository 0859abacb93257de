/**
 * Provides the files and fields that the clients of the soak test send. They cover every audio format, short and long
 * audio, and every response format.
 */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { repository } from "../e2e/executable.ts";
import { tone, wavOf } from "../e2e/wav.ts";

export interface Sample {
  readonly name: string;
  readonly file: Blob;
  readonly fields: Readonly<Record<string, string>>;
  /** Relative frequency with which clients send the sample. */
  readonly weight: number;
}

/** Returns the samples. Each sample always has the same fields, because all responses to it must be equal. */
export function loadSamples(): Sample[] {
  const recordings = filesIn("test/audio").map((path) => ({ name: basename(path), path }));
  const formats = filesIn("test/audio/formats").map((path) => ({ name: basename(path), path }));
  const files = [...recordings, ...formats].map(({ name, path }) => ({
    name,
    file: Bun.file(path) as Blob,
    weight: statSync(path).size > bytesOfLong ? 0.2 : 1,
  }));
  const made = [
    { name: "10 minutes of silence", file: wavOf(600), weight: 0.3 },
    { name: "a minute of a tone", file: wavOf(60, tone), weight: 0.3 },
  ];
  return [...files, ...made].map((sample, n) => ({
    ...sample,
    fields: responses[n % responses.length]!,
  }));
}

/** Returns files that the server must reject, and their names. */
export function loadRefused(): { readonly name: string; readonly file: Blob }[] {
  const refused = filesIn("test/audio/formats/refused").map((path) => ({
    name: basename(path),
    file: Bun.file(path) as Blob,
  }));
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  return [
    ...refused,
    { name: "nothing", file: new Blob([]) },
    { name: "noise", file: new Blob([noise]) },
    { name: "a header and noise", file: new Blob(["RIFF", noise]) },
    { name: "a text", file: new Blob(["Dear aunt,\n".repeat(5000)]) },
  ];
}

export function formOf(file: Blob, fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file, "audio");
  return form;
}

// --- internal ---

/** Size in bytes above which a file contains minutes of audio. */
const bytesOfLong = 300_000;

const responses: readonly Readonly<Record<string, string>>[] = [
  { response_format: "json" },
  { response_format: "verbose_json" },
  { response_format: "srt" },
  { response_format: "verbose_json", "timestamp_granularities[]": "word" },
  { response_format: "text", language: "en" },
  { response_format: "vtt" },
];

function filesIn(folder: string): string[] {
  return readdirSync(join(repository, folder))
    .filter((name) =>
      /\.(?:flac|ogg|wav|mp3|m4a|mp4|mov|mkv|webm|aac|aiff|caf|wma|wv|ts|spx|ac3)$/.test(name),
    )
    .toSorted()
    .map((name) => join(repository, folder, name));
}
