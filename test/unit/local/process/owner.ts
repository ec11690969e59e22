/** Starts processes and never stops them: `owner.ts FOLDER`. The test kills this process to see what becomes of them. */
import path from "node:path";
import { ProcessGroup } from "#local/process/group.ts";

const [folder = ""] = process.argv.slice(2);
const processes = new ProcessGroup();
processes.onAbandoned("sh", ["-c", `echo cleaned > ${path.join(folder, "cleanup")}`]);
const args = ["-c", "trap '' TERM; setsid sleep 60 & sleep 61 & sleep 62"];
const { pid } = await processes.start({ command: "sh", args, log: path.join(folder, "log", "sh.log") });
// Its parent has ended by the time of the test, and it leads a group of its own.
await processes.start({
  command: "sh",
  args: ["-c", "setsid sleep 66 &"],
  log: path.join(folder, "log", "orphan.log"),
});
process.stdout.write(`${pid}\n`);
setInterval(() => {}, 60_000);
