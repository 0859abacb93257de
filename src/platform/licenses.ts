/** The licences of everything the executable carries. */

import { embeddedFile } from "./embedded.ts";

export async function licensesText(): Promise<string> {
  const path = embeddedFile("licenses");
  if (path === null)
    throw new Error("The executable carries no licences: it was not made by build.ts");
  return await Bun.file(path).text();
}
