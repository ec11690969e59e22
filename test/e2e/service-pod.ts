import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { parse as parseYaml } from "yaml";
import type { Bed } from "#local/bed/bed.ts";

/** A service that uses Langfuse with the key of a project. */
export interface ServicePod {
  readonly namespace: string;
  readonly name: string;
  /** Id of the project that the key has to be of. */
  readonly project: string;
  /** ConfigMap with the program that checks it. */
  readonly programName: string;
}

/** Starts a pod with the documented init container and answers how it ended. */
export async function startService(
  bed: Bed,
  { namespace, name, project, programName }: ServicePod,
): Promise<{ phase: string; exitCode: number }> {
  const text = await readFile(new URL("../../docs/langfuse-resources.md", import.meta.url), "utf8");
  const example = /```yaml\n(initContainers:.*?)```/s.exec(text)?.[1] ?? "";
  const { initContainers, volumes } = parseYaml(example);
  const [check] = initContainers;
  const [volume] = volumes;
  const user = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } };
  const local = {
    image: bed.cluster.image,
    imagePullPolicy: "Never",
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: user,
      initContainers: [{ ...check, ...local, command: [...check.command, "--project", project] }],
      containers: [{ name: "service", ...local, command: ["node", "-e", "0"] }],
      volumes: [{ ...volume, configMap: { name: programName } }],
    },
  };
  const file = path.join(bed.folder, `${name}.json`);
  await writeFile(file, JSON.stringify(pod));
  await bed.cluster.kubectl(["create", "-f", file]);
  const ended = async () => {
    const answer = await bed.cluster.kubectl(["get", "pod", name, "--namespace", namespace, "-o", "json"]);
    const { status } = JSON.parse(answer);
    return ["Succeeded", "Failed"].includes(status.phase) ? status : undefined;
  };
  const status = await expect.poll(ended, { timeout: 300_000, interval: 500 }).toBeDefined().then(ended);
  return { phase: status.phase, exitCode: status.initContainerStatuses[0].state.terminated.exitCode };
}
