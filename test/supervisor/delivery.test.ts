/** Tests the times that a delivery reports for a job. */
import { expect, test } from "bun:test";
import { noWork, type Work } from "../../src/ipc/work.ts";
import { Delivery } from "../../src/supervisor/delivery.ts";
import { JobsInFlight } from "../../src/supervisor/jobs-in-flight.ts";
import { ScriptedModels } from "./scripted-model.ts";

const models = new ScriptedModels();

/** Opens a delivery with a clock that the test sets. `lastWork` ends the job and returns its last report of times. */
function open() {
  let nowMs = 1000;
  const delivery = new Delivery(models.job(""), () => nowMs);
  const pass = (seconds: number): void => void (nowMs += 1000 * seconds);
  const lastWork = async (): Promise<Work | null> => {
    delivery.events.finish(delivery.transcript({ language: "en", durationS: 1 }));
    let last: Work | null = null;
    for await (const event of delivery.events.read()) if (event.type === "work") last = event.work;
    return last;
  };
  return { delivery, pass, lastWork };
}

test("the time until a runner gets the job counts as waiting, once", async () => {
  const { delivery, pass, lastWork } = open();
  pass(3);
  delivery.handedOver();
  pass(9);
  delivery.handedOver();
  delivery.work({ ...noWork, waiting: 0.5, encoder: 2 });
  expect(await lastWork()).toEqual({ ...noWork, waiting: 3.5, encoder: 2 });
});

test("after the death of its runner, a job waits until the next runner gets it", async () => {
  const { delivery, pass, lastWork } = open();
  const jobs = new JobsInFlight();
  const { transcript } = jobs.add(delivery);
  transcript.catch(() => {});
  delivery.handedOver();
  delivery.work({ ...noWork, decode: 1 });
  pass(7);
  jobs.rejectAll(new Error("died"));
  pass(2);
  delivery.handedOver();
  delivery.work({ ...noWork, decode: 1 });
  expect(await lastWork()).toEqual({ ...noWork, waiting: 2, decode: 2 });
});
