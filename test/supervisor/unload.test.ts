/** Tests the unloading of a model while an earlier process of the model still exists. */
import { expect, test } from "bun:test";
import { FakeProcesses } from "./fake-processes.ts";
import { ScriptedModels, stopping } from "./scripted-model.ts";

test("a model is unloaded when all its processes have exited, the replaced one too", async () => {
  await using models = new ScriptedModels();
  using processes = new FakeProcesses();
  const model = models.open({ endMsMax: 0 });
  await model.load();
  processes.exitMs = 300;
  processes.started[0]!.say({ type: "not a message" } as never);
  await Bun.sleep(10);
  await model.load();
  expect(processes.started).toHaveLength(2);
  processes.exitMs = 0;
  await model.close(stopping);
  expect(model.use.hasProcess).toBe(false);
});
