/** Calls curl for each request, and prints the report as one line of JSON. */
import type { Report } from "./client.ts";
import { curl, curlVersion } from "./run-curl.ts";

const [baseUrl = "", apiKey = "", audio = ""] = process.argv.slice(2);
const ask = (path: string, flags: readonly string[]) => curl(`${baseUrl}${path}`, apiKey, flags);
const form = (model: string) => ["--form", `file=@${audio}`, "--form", `model=${model}`];

const plain = await ask("/audio/transcriptions", form("whisper-1"));
const words = [
  "--form",
  "response_format=verbose_json",
  "--form",
  "timestamp_granularities[]=word",
];
const verbose = await ask("/audio/transcriptions", [...form("whisper-1"), ...words]);
const models = await ask("/models", []);
const failure = await ask("/audio/transcriptions", form("unknown-model"));
const report: Report = {
  version: await curlVersion(),
  text: plain.body.text,
  words: verbose.body.words,
  models: models.body.data.map(({ id }: { id: string }) => id),
  error: {
    class: `exit code ${failure.exitCode}`,
    status: failure.status,
    code: failure.body.error.code,
  },
};
console.log(JSON.stringify(report));
