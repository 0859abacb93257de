import { expect, test } from "bun:test";
import { ok, probe } from "../../src/cli/doctor/probe.ts";

test("a check returns its facts and its findings", async () => {
  const probed = { facts: 7, findings: [ok("cpu", "fast")] };
  expect(await probe("cpu", 1000, () => probed)).toEqual(probed);
});

test("a check that throws becomes a note with the reason", async () => {
  const failing = () => {
    throw new Error("no such file");
  };
  expect(await probe("cpu", 1000, failing)).toEqual({
    facts: null,
    findings: [
      {
        check: "cpu",
        status: "note",
        text: "could not be checked: no such file",
        remedy: null,
      },
    ],
  });
});

test("a check that never ends becomes a note after its time limit", async () => {
  const { facts, findings } = await probe("disk", 20, () => new Promise<never>(() => {}));
  expect(facts).toBeNull();
  expect(findings[0]?.text).toBe("could not be checked: it took more than 0.02 s");
});
