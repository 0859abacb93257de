import { expect, spyOn, test } from "bun:test";
import { piecesOf } from "../../../src/http/body/body-pieces.ts";
import { incompleteForm } from "../../../src/http/body/form-failures.ts";
import { UploadClock } from "../../../src/http/body/upload-clock.ts";

const limits = { idleS: 60, timeoutS: 60, bytesPerSMin: 0 };

/** Reads a body that never ends. Each read of the body returns a piece of `pieceBytes` bytes. */
function read(pieceBytes: number) {
  const arrival = { bytes: 0, add: (bytes: number) => void (arrival.bytes += bytes) };
  const leaving = new AbortController();
  const clock = new UploadClock(limits, arrival, () => {});
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(pieceBytes)),
  });
  const { signal } = leaving;
  const pieces = piecesOf(body, { clock, arrival, signal, toError: incompleteForm });
  return { pieces, arrival, leaving, [Symbol.dispose]: () => clock[Symbol.dispose]() };
}

test("large pieces are sliced, so that the parser never blocks inside one", async () => {
  using body = read(100_000);
  const lengths: number[] = [];
  for await (const piece of body.pieces) {
    if (lengths.push(piece.byteLength) === 8) break;
  }
  const slices = [32_768, 32_768, 32_768, 1696];
  expect(lengths).toEqual([...slices, ...slices]);
});

test("a body of tiny pieces is read with pauses, so that several pieces arrive per read", async () => {
  using body = read(1);
  const endMs = performance.now() + 500;
  let reads = 0;
  for await (const _piece of body.pieces) {
    reads++;
    if (performance.now() > endMs) break;
  }
  expect(reads).toBeGreaterThan(256);
  // After the first 256 small pieces, the reader pauses for 20 ms per read. Without these pauses, there would be tens
  // of thousands of reads.
  expect(reads).toBeLessThan(256 + 30);
});

test("full pieces are read without a pause", async () => {
  using body = read(64 * 1024);
  const sleep = spyOn(Bun, "sleep");
  try {
    for await (const _piece of body.pieces) if (body.arrival.bytes >= 1000 * 64 * 1024) break;
    expect(sleep).not.toHaveBeenCalled();
  } finally {
    sleep.mockRestore();
  }
});

test("reading fails with client_closed_request when the signal is aborted", async () => {
  using body = read(1000);
  let failure: unknown;
  try {
    for await (const _piece of body.pieces) body.leaving.abort();
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({ code: "client_closed_request" });
  expect(body.arrival.bytes).toBe(1000);
});
