/** Reads the licences of all parts of the executable. */

import { embeddedFile } from "./embedded.ts";

export async function licensesText(): Promise<string> {
  const path = embeddedFile("licenses");
  if (path === null)
    throw new Error("The executable does not include its licences: build it with build.ts");
  return await Bun.file(path).text();
}
