/**
 * Whether the tests run on Windows. Windows has no signals for other processes and no file modes, and no process can
 * delete an open file there.
 */
export const isWindows = process.platform === "win32";
