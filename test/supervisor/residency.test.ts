import { describe, expect, test } from "bun:test";
import {
  idleModels,
  type ModelUse,
  modelsToUnload,
  type Resident,
} from "../../src/supervisor/residency.ts";

interface Named extends Resident {
  readonly name: string;
}

function model(name: string, more: Partial<ModelUse> = {}, isPinned = false): Named {
  const use = {
    uses: 0,
    idleS: 100,
    keepAliveS: null,
    hasProcess: true,
    memoryBytes: 1000,
    ...more,
  };
  return { name, isPinned, use };
}

const names = (models: readonly Named[] | null) => models?.map(({ name }) => name) ?? null;

describe("idle models", () => {
  const limits = { idleS: 60, evictPreloaded: false };

  test("leave after the server's idle time", () => {
    const models = [model("old", { idleS: 60 }), model("recent", { idleS: 59 })];
    expect(names(idleModels(models, limits))).toEqual(["old"]);
  });

  test("stay when the server has no idle time", () => {
    expect(idleModels([model("old", { idleS: 1e6 })], { ...limits, idleS: 0 })).toEqual([]);
  });

  test("stay when they are pinned, unless the server evicts those, too", () => {
    const pinned = [model("pinned", {}, true)];
    expect(idleModels(pinned, limits)).toEqual([]);
    expect(names(idleModels(pinned, { ...limits, evictPreloaded: true }))).toEqual(["pinned"]);
  });

  test("stay while a job runs, or when no process has memory", () => {
    const models = [model("busy", { uses: 1 }), model("ended", { hasProcess: false })];
    expect(idleModels(models, limits)).toEqual([]);
  });

  test("leave earlier when the last job asked for it, but never later than the server wants", () => {
    const models = [
      model("at once", { idleS: 0, keepAliveS: 0 }),
      model("long wish", { idleS: 60, keepAliveS: 3600 }),
      model("short wish", { idleS: 9, keepAliveS: 10 }),
    ];
    expect(names(idleModels(models, limits))).toEqual(["at once", "long wish"]);
    const wish = [model("wish", { idleS: 10, keepAliveS: 10 })];
    expect(names(idleModels(wish, { ...limits, idleS: 0 }))).toEqual(["wish"]);
  });
});

describe("models that make room", () => {
  const models = [
    model("newest", { idleS: 1 }),
    model("oldest", { idleS: 300 }),
    model("busy", { idleS: 0, uses: 1, memoryBytes: 9000 }),
    model("pinned", { idleS: 900, memoryBytes: 9000 }, true),
    model("older", { idleS: 200 }),
  ];

  test("are the longest idle first, and no more than needed", () => {
    expect(names(modelsToUnload(models, 1))).toEqual(["oldest"]);
    expect(names(modelsToUnload(models, 2000))).toEqual(["oldest", "older"]);
    expect(names(modelsToUnload(models, 2001))).toEqual(["oldest", "older", "newest"]);
  });

  test("are none when the idle ones do not free enough", () => {
    expect(modelsToUnload(models, 3001)).toBeNull();
  });
});
