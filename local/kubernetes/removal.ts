/** Run by the reaper when the owner of a cluster was killed: `node removal.ts FOLDER` removes what it left. */
import { removeInstance } from "./instance.ts";

const [folder] = process.argv.slice(2);
if (folder) await removeInstance(folder);
