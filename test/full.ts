/** Tests that take longer than they prove a second: `npm test` skips them, `npm run test:full` runs them. */

export const fullVariable = "OPEN_ASR_TEST_FULL";

/** Used as `describe.skipIf(!isFull)`. */
export const isFull = process.env[fullVariable] === "1";
