/** Tests the setting that selects the APIs of other servers. */
import { expect, test } from "bun:test";
import { loadConfig, UsageError } from "../../src/settings/config.ts";

const selected = (written: string) => loadConfig({ "compatible-apis": written }, {}).compatibleApis;

test("all APIs are on by default, and the operator selects some or none", () => {
  const all = ["whisper.cpp", "deepgram", "azure", "whisper-asr"] as const;
  expect(loadConfig({}, {}).compatibleApis).toEqual([...all]);
  expect(selected("azure, deepgram,")).toEqual(["deepgram", "azure"]);
  expect(selected("none")).toEqual([]);
});

test.each(["openai", "none,azure", "", "Deepgram"])("the list %p is invalid", (written) => {
  expect(() => selected(written)).toThrow(UsageError);
});
