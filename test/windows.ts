/** Windows has no signals for other processes and no file modes, and it lets no process delete an open file. */
export const isWindows = process.platform === "win32";
