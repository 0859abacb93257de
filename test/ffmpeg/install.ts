/** Installs the pinned ffmpeg of the tests into .build, so that the tests do not depend on an ffmpeg of the system. */
import { dirname, join } from "node:path";
import { pythonEnvironment } from "../python-environment.ts";

/** Returns the path of ffmpeg 7.0.2. */
export async function installTestFfmpeg(): Promise<string> {
  const interpreter = await pythonEnvironment({
    title: "ffmpeg for the tests",
    folder: "clients/ffmpeg",
    requirements: join(import.meta.dirname, "requirements.txt"),
  });
  const folder = dirname(dirname(interpreter));
  const [found] = [
    ...new Bun.Glob("**/imageio_ffmpeg/binaries/ffmpeg-*").scanSync({
      cwd: folder,
      absolute: true,
    }),
  ];
  if (found === undefined) throw new Error(`No ffmpeg in ${folder}: expected one in its package`);
  return found;
}
