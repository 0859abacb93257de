// Finds the notes of a release in CHANGELOG.md.

import { BuildError } from "../packages.mjs";

/** Returns the section of this version, without its heading. */
export function releaseNotes(changelog: string, version: string): string {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  if (section === undefined)
    throw new BuildError(`CHANGELOG.md has no section "## ${version}": write it first`);
  return `${section.slice(section.indexOf("\n")).trim()}\n`;
}
