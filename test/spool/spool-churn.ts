/** `spool-churn.ts FOLDER TIMES`: makes a spool folder in it and removes it, again and again; fails at the first failure. */
import { SpoolFolder } from "../../src/spool/folder.ts";

const [parent = "", times = "1"] = process.argv.slice(2);
for (let n = 0; n < Number(times); n++) {
  using _folder = new SpoolFolder(parent);
}
