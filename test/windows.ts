/**
 * Whether the tests run on Windows. On Windows, a process cannot send signals to other processes, files have no modes,
 * and no process can delete an open file.
 */
export const isWindows = process.platform === "win32";
