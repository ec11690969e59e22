/** Starts a cluster with one pod in a process of its own, tells where it is, and waits to be killed. */
import { startCluster } from "#local/kubernetes/cluster.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { silent } from "#local/progress.ts";

const [kubernetes = "", pause = "", folder = ""] = process.argv.slice(2);
const cluster = await startCluster({ kubernetes, pause, folder, processes: new ProcessGroup(), progress: silent });
const program = "setInterval(() => {}, 1000)";
await cluster.kubectl([
  ...["run", "sleeper", `--image=${cluster.image}`, "--image-pull-policy=Never", "--restart=Never"],
  ...["--command", "--", "node", "-e", program],
]);
await cluster.kubectl(["wait", "--for=condition=Ready", "pod/sleeper", "--timeout=280s"]);
process.stdout.write("running\n");
setInterval(() => {}, 1000);
