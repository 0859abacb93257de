/** Where the code of a runner's threads lies: beside this file, or as further entry points of the executable. */

export function workerUrl(name: "audio" | "lane"): string | URL {
  return new URL(`./${name}.worker.ts`, import.meta.url);
}
