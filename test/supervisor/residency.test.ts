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

  test("are unloaded after the server's idle time", () => {
    const models = [model("old", { idleS: 60 }), model("recent", { idleS: 59 })];
    expect(names(idleModels(models, limits))).toEqual(["old"]);
  });

  test("are not unloaded when the server has no idle time", () => {
    expect(idleModels([model("old", { idleS: 1e6 })], { ...limits, idleS: 0 })).toEqual([]);
  });

  test("are not unloaded when they are pinned, unless the server also evicts pinned models", () => {
    const pinned = [model("pinned", {}, true)];
    expect(idleModels(pinned, limits)).toEqual([]);
    expect(names(idleModels(pinned, { ...limits, evictPreloaded: true }))).toEqual(["pinned"]);
  });

  test("are not chosen while a job runs, or when no process exists", () => {
    const models = [model("busy", { uses: 1 }), model("ended", { hasProcess: false })];
    expect(idleModels(models, limits)).toEqual([]);
  });

  test("are unloaded earlier when the last job requested it, but never later than the server's idle time", () => {
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

describe("the models to unload for another model", () => {
  const models = [
    model("newest", { idleS: 1 }),
    model("oldest", { idleS: 300 }),
    model("busy", { idleS: 0, uses: 1, memoryBytes: 9000 }),
    model("pinned", { idleS: 900, memoryBytes: 9000 }, true),
    model("older", { idleS: 200 }),
  ];

  test("are those that have been idle longest, and no more than necessary", () => {
    expect(names(modelsToUnload(models, 1))).toEqual(["oldest"]);
    expect(names(modelsToUnload(models, 2000))).toEqual(["oldest", "older"]);
    expect(names(modelsToUnload(models, 2001))).toEqual(["oldest", "older", "newest"]);
  });

  test("are null when unloading all idle models does not free enough memory", () => {
    expect(modelsToUnload(models, 3001)).toBeNull();
  });
});
