/** Windows has no signals that a process hears, no modes of files, and lets nobody remove a file that is open. */
export const isWindows = process.platform === "win32";
