/**
 * Program for spool.test.ts. Creates and deletes a spool folder in FOLDER, TIMES times. Stops at the first error.
 *
 * Usage: `spool-churn.ts FOLDER TIMES`
 */
import { SpoolFolder } from "../../src/spool/folder.ts";

const [parent = "", times = "1"] = process.argv.slice(2);
for (let n = 0; n < Number(times); n++) {
  using _folder = new SpoolFolder(parent);
}
