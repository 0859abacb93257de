// Writes the list of the works in a release (SBOM), in the format CycloneDX.

import { Contrib, Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import parseExpression from "spdx-expression-parse";
import type { Component, PackageFile } from "../component.ts";
import { commonComponents, platformComponents } from "../components.ts";
import type { Release } from "./release.ts";

/**
 * Returns the document. It contains each archive and package, which depends on the works in it. Two calls for the same release
 * return the same text: the document has no time, and its serial number is computed from their hashes.
 */
export async function cyclonedx(release: Release): Promise<string> {
  const program = new Models.Component(Enums.ComponentType.Application, "open-asr-server", {
    bomRef: "open-asr-server",
    version: release.version,
    description: release.description,
    licenses: new Models.LicenseRepository([licenses.makeFromString(release.license)]),
    externalReferences: website(release.homepage),
  });
  const packed = [...release.archives, ...release.debs];
  const hashes = packed.map(({ url, sha256 }) => `${url} ${sha256}`).join("\n");
  const bom = new Models.Bom({
    metadata: new Models.Metadata({ component: program }),
    serialNumber: `urn:uuid:${Bun.randomUUIDv5(hashes, "url")}`,
  });
  const common = await commonComponents();
  const works = new Map<string, Models.Component>();
  for (const { file: name, sha256, target } of packed) {
    const file = new Models.Component(Enums.ComponentType.File, name, {
      bomRef: name,
      version: release.version,
      hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], sha256]]),
    });
    program.dependencies.add(file.bomRef);
    bom.components.add(file);
    for (const content of [...(await platformComponents(target)), ...common]) {
      const reference = referenceOf(content);
      const work = works.get(reference) ?? workOf(content, reference);
      works.set(reference, work);
      bom.components.add(work);
      file.dependencies.add(work.bomRef);
    }
  }
  const format = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const serializer = new Serialize.JsonSerializer(format);
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

// --- internal ---

const licenses = new Contrib.License.Factories.LicenseFactory(parseExpression);

/** Returns the name that identifies the work in the document. Platforms can have different files of the same work. */
function referenceOf({ name, version, files: [file] }: Component): string {
  return file?.purl ?? `${name}@${version}`;
}

/** Describes a work. If it consists of several package files, they are its parts. */
function workOf(content: Component, reference: string): Models.Component {
  const { name, version, license, homepage, files } = content;
  const [only] = files;
  const parts = files.length < 2 ? [] : files.map((file) => partOf(file, reference));
  return new Models.Component(Enums.ComponentType.Library, name, {
    ...(files.length === 1 && only ? identityOf(only) : {}),
    bomRef: reference,
    version,
    licenses: new Models.LicenseRepository([licenses.makeFromString(license)]),
    externalReferences: website(homepage),
    components: new Models.ComponentRepository(parts),
  });
}

function partOf(file: PackageFile, whole: string): Models.Component {
  return new Models.Component(Enums.ComponentType.File, file.purl, {
    ...identityOf(file),
    bomRef: `${file.purl} in ${whole}`,
  });
}

function identityOf({ purl, algorithm, hash }: PackageFile) {
  return {
    purl,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm[algorithm], hash]]),
  };
}

function website(homepage: string): Models.ExternalReferenceRepository {
  const address = homepage.replace(/^git\+/, "");
  const type = Enums.ExternalReferenceType.Website;
  return new Models.ExternalReferenceRepository(
    URL.canParse(address) ? [new Models.ExternalReference(address, type)] : [],
  );
}
