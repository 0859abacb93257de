/** Calls the route of whisper.cpp's server with curl, and prints the report as one line of JSON. */
import type { Report } from "./client.ts";
import { curl, curlVersion } from "./run-curl.ts";

const [baseUrl = "", apiKey = "", audio = ""] = process.argv.slice(2);

// The options of the example in whisper.cpp's documentation, and those that its page shows.
const options = ["temperature=0.0", "temperature_inc=0.2", "no_speech_thold=0.6"];
const plain = await infer(...options, "response_format=json");
const verbose = await infer(...options, "response_format=verbose_json");
const failure = await infer("model=unknown-model");
const report: Report = {
  version: await curlVersion(),
  text: plain.body.text,
  words: verbose.body.segments.flatMap(({ words }: { words: object[] }) => words),
  error: {
    class: `exit code ${failure.exitCode}`,
    status: failure.status,
    code: failure.body.error,
  },
};
console.log(JSON.stringify(report));

function infer(...fields: readonly string[]) {
  const form = [`file=@${audio}`, ...fields].flatMap((field) => ["--form", field]);
  return curl(baseUrl.replace(/\/v1$/, "/inference"), apiKey, form);
}
