/** Tests the slots in the queue when several models are loaded. */
import { expect, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import { Admission } from "../../src/jobs/admission.ts";

const busy = { code: "server_busy" };

function refusalOf(act: () => unknown): AsrError {
  try {
    act();
  } catch (error) {
    if (error instanceof AsrError) return error;
  }
  throw new Error("Expected an AsrError");
}

test("each model has its own lanes; the limit of waiting jobs applies to all models together", () => {
  const signal = new AbortController().signal;
  const lanes = new Map([["large", 1]]);
  const admission = new Admission({ lanes: () => lanes, waitingMax: 0, uploadsMax: 9 });
  const queue = (model: string) => {
    const ticket = admission.enter({ client: model, signal });
    admission.chooseModel(ticket, { id: model, backend: "null" });
    admission.queue(ticket);
    return ticket;
  };
  const first = queue("large");
  expect(refusalOf(() => queue("large"))).toMatchObject(busy);
  lanes.set("small", 2);
  queue("small");
  queue("small");
  for (const model of ["large", "small"]) {
    expect(refusalOf(() => queue(model))).toMatchObject(busy);
  }
  first[Symbol.dispose]();
  expect(refusalOf(() => queue("small")).kind.retry).toBe(true);
  queue("large");
});
