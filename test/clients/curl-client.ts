/** Calls curl for each request, and prints the report as one line of JSON. */
import type { Report } from "./client.ts";

const [baseUrl, apiKey, audio] = process.argv.slice(2);
const form = (model: string) => ["--form", `file=@${audio}`, "--form", `model=${model}`];

const plain = await curl("/audio/transcriptions", form("whisper-1"));
const words = [
  "--form",
  "response_format=verbose_json",
  "--form",
  "timestamp_granularities[]=word",
];
const verbose = await curl("/audio/transcriptions", [...form("whisper-1"), ...words]);
const models = await curl("/models", []);
const failure = await curl("/audio/transcriptions", form("unknown-model"));
const report: Report = {
  version: /^curl (\S+)/.exec(await Bun.$`curl --version`.text())?.[1] ?? "",
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

async function curl(path: string, flags: readonly string[]) {
  const command = ["curl", "--silent", "--fail-with-body", "--write-out", "\n%{http_code}"];
  const authorization = ["--header", `Authorization: Bearer ${apiKey}`];
  const child = Bun.spawn([...command, ...authorization, ...flags, `${baseUrl}${path}`]);
  const output = await new Response(child.stdout).text();
  const end = output.lastIndexOf("\n");
  return {
    body: JSON.parse(output.slice(0, end)),
    status: Number(output.slice(end + 1)),
    exitCode: await child.exited,
  };
}
