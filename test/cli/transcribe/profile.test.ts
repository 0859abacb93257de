/** Tests the table of `transcribe --profile`. */
import { expect, test } from "bun:test";
import { noWork } from "../../../src/ipc/work.ts";
import { Profile } from "../../../src/cli/transcribe/profile.ts";

test("the table adds up the files, and the last report of a file replaces the earlier ones", () => {
  const profile = new Profile();
  profile.set(0, { ...noWork, decode: 9 });
  profile.set(0, { ...noWork, decode: 0.5, encoder: 1 });
  profile.set(1, { ...noWork, waiting: 0.25, encoder: 0.25 });
  expect(profile.text()).toBe(
    [
      "stage          seconds     share",
      "waiting          0.250    12.5 %",
      "decode           0.500    25.0 %",
      "vad              0.000     0.0 %",
      "features         0.000     0.0 %",
      "encoder          1.250    62.5 %",
      "decoder          0.000     0.0 %",
      "assembly         0.000     0.0 %",
      "sum              2.000   100.0 %",
    ].join("\n"),
  );
});

test("without any work, all shares are 0", () => {
  expect(new Profile().text()).toEndWith("sum              0.000     0.0 %");
});
