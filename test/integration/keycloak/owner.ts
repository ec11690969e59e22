/** Starts a server and never stops it: the test kills this process to see what becomes of the server. */
import { startKeycloak } from "#local/keycloak/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { silent } from "#local/progress.ts";

const server = await startKeycloak({ processes: new ProcessGroup(), progress: silent });
process.stdout.write(`${JSON.stringify({ pid: server.pid, log: server.log })}\n`);
setInterval(() => {}, 60_000);
