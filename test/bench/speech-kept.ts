/**
 * Measures how many words voice activity detection loses, over all recordings and conditions. Compares the number of
 * wrong words with and without the detection.
 *
 * Usage, after a build: .build/bun/bin/bun test/bench/speech-kept.ts. It takes some minutes and prints a row for each
 * condition.
 */
import { clips, conditions, countWrong } from "../e2e/hard-to-find.ts";
import { startServer } from "../e2e/server.ts";

await using server = await startServer();

console.log("| condition | words | wrong with it | wrong without it | difference | aim |");
console.log("|---|---:|---:|---:|---:|---|");
for (const condition of conditions) {
  const on = await countWrong(server, condition, clips, "on");
  const off = await countWrong(server, condition, clips, "off");
  const cells = [condition.name, on.words, on.wrong, off.wrong, on.wrong - off.wrong, "at most 4"];
  console.log(`| ${cells.join(" | ")} |`);
}
