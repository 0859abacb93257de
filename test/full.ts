/** Marks slow tests. `npm test` skips them, and `npm run test:full` runs them. */

export const fullVariable = "ASR_TEST_FULL";

/** Whether slow tests run. Use it as `describe.skipIf(!isFull)` and `test.skipIf(!isFull)`. */
export const isFull = process.env[fullVariable] === "1";
