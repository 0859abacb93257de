import { expect, test } from "bun:test";
import { Admission } from "../src/admission.ts";
import { AsrError } from "../src/errors.ts";

/** Work that lasts until it is let go. */
function pending() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return {
    work: () => promise,
    finish: () => resolve("done"),
    fail: () => reject(new Error("no")),
  };
}

const refusalOf = (admission: Admission): Promise<unknown> =>
  admission
    .admit(() => Promise.resolve())
    .then(
      () => null,
      (error: unknown) => error,
    );

test("Admission.admit() lets in one a lane and those that may wait, then refuses", async () => {
  const admission = new Admission(2, 1);
  const jobs = [pending(), pending(), pending()];
  const answers = jobs.map(({ work }) => admission.admit(work));
  let started = false;
  const refused = await admission
    .admit(() => {
      started = true;
      return Promise.resolve();
    })
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(AsrError);
  expect(refused).toMatchObject({ code: "server_busy", kind: { status: 503, retry: true } });
  expect(started).toBe(false);
  for (const job of jobs) job.finish();
  expect(await Promise.all(answers)).toEqual(["done", "done", "done"]);
});

test("a job that ends makes room, whether it succeeds or fails", async () => {
  const admission = new Admission(1, 1);
  const [first, second] = [pending(), pending()];
  const answers = Promise.allSettled([admission.admit(first.work), admission.admit(second.work)]);
  expect(await refusalOf(admission)).toBeInstanceOf(AsrError);
  first.fail();
  await Bun.sleep(1);
  expect(await refusalOf(admission)).toBeNull();
  second.finish();
  expect((await answers).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
});

test("who is refused is told to come back after 1 to 60 whole seconds, later the longer the queue", async () => {
  const retryAfterS = async (lanes: number, waitingMax: number) => {
    const admission = new Admission(lanes, waitingMax);
    const jobs = Array.from({ length: lanes + waitingMax }, pending);
    const answers = jobs.map(({ work }) => admission.admit(work));
    const refused = (await refusalOf(admission)) as AsrError;
    for (const job of jobs) job.finish();
    await Promise.all(answers);
    return refused.retryAfterS!;
  };
  const waits = [await retryAfterS(2, 1), await retryAfterS(2, 40), await retryAfterS(1, 10_000)];
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  expect(waits[0]).toBe(1);
  expect(waits[1]).toBeWithin(2, 60);
  expect(waits[2]).toBe(60);
  for (const wait of waits) expect(Number.isInteger(wait)).toBe(true);
});
