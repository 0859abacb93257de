/** Tests the shares of clients: which jobs may get the next turn. */
import { describe, expect, test } from "bun:test";
import { ClientShares } from "../../../src/runner/engine/client-shares.ts";

/** Gives `count` turns, each to the first job of `jobs` that is within its share, and returns the names of the clients. */
function turns(shares: ClientShares, jobs: readonly number[], count: number): string {
  return Array.from({ length: count }, () => {
    const [next] = shares.within(jobs);
    if (next === undefined) return "?";
    shares.serve(next);
    return next < 100 ? "a" : "b";
  }).join("");
}

/** Shares with the jobs of the clients a (numbers below 100) and b. */
function sharesOf(lead: number, jobs: readonly number[]): ClientShares {
  const shares = new ClientShares(lead);
  for (const job of jobs) shares.add(job, job < 100 ? "a" : "b");
  return shares;
}

describe("while the jobs of two clients wait", () => {
  test("they get the same number of turns, however many jobs one of them has", () => {
    const jobs = [1, 2, 3, 4, 5, 100];
    expect(turns(sharesOf(1, jobs), jobs, 8)).toBe("abababab");
    expect(turns(sharesOf(3, jobs), jobs, 8)).toBe("aaababab");
  });

  test("a new client has no credit for the turns before its arrival", () => {
    const shares = sharesOf(2, [1, 2]);
    expect(turns(shares, [1, 2], 50)).toBe("a".repeat(50));
    shares.add(100, "b");
    expect(turns(shares, [1, 2, 100], 6)).toBe("aababa");
  });

  test("a client that did not use its turns has a small credit only", () => {
    const shares = sharesOf(2, [1, 100]);
    turns(shares, [1], 50);
    expect(turns(shares, [100, 1], 8)).toBe("bbbbabab");
  });

  test("a client gets no advantage when it comes back", () => {
    const shares = sharesOf(1, [1, 100]);
    turns(shares, [1], 1);
    shares.delete(1);
    shares.add(2, "a");
    expect(shares.within([2, 100])).toEqual([100]);
  });

  test("a client gets no advantage from new jobs", () => {
    const shares = sharesOf(1, [1, 100]);
    turns(shares, [1], 1);
    shares.add(2, "a");
    shares.delete(1);
    expect(shares.within([2, 100])).toEqual([100]);
  });
});

test("a client alone, and clients whose jobs do not wait, limit nobody", () => {
  const shares = sharesOf(1, [1, 100]);
  turns(shares, [1], 9);
  expect(shares.within([1])).toEqual([1]);
  shares.delete(100);
  expect(shares.within([1])).toEqual([1]);
});

test("a job without a client is never passed over, and passes over nobody", () => {
  const shares = sharesOf(1, [1, 100]);
  turns(shares, [1], 3);
  expect(shares.within([7, 1])).toEqual([7, 1]);
  shares.serve(7);
  shares.delete(7);
  expect(shares.within([7, 1, 100])).toEqual([7, 100]);
});
