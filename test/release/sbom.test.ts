/** Tests the list of the works in a release. */
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import pins from "../../vendor/pins.json";
import type { Release } from "../../vendor/release/release.ts";
import { cyclonedx } from "../../vendor/release/sbom.ts";
import { targets } from "../../vendor/targets.ts";

setDefaultTimeout(60_000);

const release: Release = {
  version: "9.0.0",
  description: "a program",
  homepage: "https://example.invalid/program",
  license: "MIT",
  baseUrl: "https://example.invalid",
  archives: targets.map((target, index) => ({
    target,
    file: `${target.name}.tar.gz`,
    url: `https://example.invalid/${target.name}.tar.gz`,
    sha256: String(index).repeat(64),
    folder: target.name,
  })),
  debs: targets.slice(0, 1).map((target) => ({
    target,
    file: "program.deb",
    url: "https://example.invalid/program.deb",
    sha256: "d".repeat(64),
  })),
};

interface Work {
  "bom-ref": string;
  name: string;
  version: string;
  purl?: string;
  hashes?: { alg: string; content: string }[];
  licenses?: ({ license: { id?: string; name?: string } } | { expression: string })[];
  components?: Work[];
}

let text: string;
let document: { components: Work[]; dependencies: { ref: string; dependsOn?: string[] }[] };
beforeAll(async () => {
  text = await cyclonedx(release);
  document = JSON.parse(text);
});

const work = (name: string) => document.components.filter((one) => one.name === name);
const contents = (target: string) =>
  new Set(document.dependencies.find(({ ref }) => ref === `${target}.tar.gz`)?.dependsOn);
const contains = (target: string, name: string) =>
  work(name).filter((one) => contents(target).has(one["bom-ref"]));

describe("the SBOM of a release", () => {
  test("follows the schema of CycloneDX", async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    expect(await validator.validate(text.replace('"library"', '"book"'))).not.toBeNull();
  });

  test("is the same text for the same archives, and another one for other archives", async () => {
    expect(await cyclonedx(release)).toBe(text);
    const [first, ...others] = release.archives;
    if (!first) throw new Error("no archive");
    const changed = { ...release, archives: [{ ...first, sha256: "f".repeat(64) }, ...others] };
    const serial = (of: string) => JSON.parse(of).serialNumber;
    expect(serial(await cyclonedx(changed))).not.toBe(serial(text));
  });

  test("names the version, licence and package file of each work", () => {
    expect(work("elysia")[0]?.licenses).toEqual([{ license: { id: "MIT" } }]);
    const [cors] = work("@elysiajs/cors");
    expect(cors?.purl).toStartWith("pkg:npm/%40elysiajs/cors@");
    expect(cors?.hashes).toEqual([
      { alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) },
    ]);
    const [symphonia] = work("symphonia");
    expect(symphonia?.licenses).toEqual([{ license: { id: "MPL-2.0" } }]);
    expect(symphonia?.hashes).toEqual([
      { alg: "SHA-256", content: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    for (const one of document.components) expect(one.version).toMatch(/\d/);
  });

  test("has the files of pins.json that the executable of a platform contains", () => {
    for (const target of targets) {
      const pin = pins.bun.packages.find(({ platform }) => platform === target.bunPlatform);
      const [bun, ...more] = contains(target.name, "bun");
      expect(more).toEqual([]);
      expect(bun?.hashes?.[0]?.content).toBe(pin?.sha256 ?? "");
      const wheel = pins.ctranslate2.packages.find(({ platform }) => platform === target.name);
      const files = contains(target.name, "CTranslate2")[0]?.components ?? [];
      expect(files.flatMap(({ hashes = [] }) => hashes.map(({ content }) => content))).toContain(
        wheel?.sha256 ?? "",
      );
      const isMac = target.os === "darwin";
      expect(contains(target.name, "MLX")).toHaveLength(isMac ? 1 : 0);
    }
    expect(contains("linux-arm64", "oneMKL (in CTranslate2)")).toEqual([]);
    expect(contains("linux-x64", "oneMKL (in CTranslate2)")).toHaveLength(1);
  });

  test("lists the same works in the package and the archive of a platform", () => {
    const deb = document.dependencies.find(({ ref }) => ref === "program.deb");
    expect(new Set(deb?.dependsOn)).toEqual(contents(targets[0]?.name ?? ""));
  });

  test("has no part that only the build or a test uses", () => {
    const names = document.components.map(({ name }) => name);
    for (const absent of ["typescript", "openblas", "symbol-readers", "whisper-tiny.en", "autocfg"])
      expect(names).not.toContain(absent);
  });
});
