import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { DOCUMENT_FILE, KEYS_FOLDER, PROGRAM_FILE, STATE_FILE } from "./sync-files.ts";

export interface SyncPodArgs {
  /** Command of the sync with its flags. */
  readonly command: readonly string[];
  /** Name of the ServiceAccount. */
  readonly account: pulumi.Input<string>;
  /** Whether the command talks to the Kubernetes API, and so needs a token. */
  readonly usesCluster: boolean;
  /** Image whose `node` is Node 24. */
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  /** MiB that the container may use. */
  readonly memory: number;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** Name of the Secret whose keys become environment variables. */
  readonly secret: pulumi.Input<string>;
  /** Name of the ConfigMap with the program. */
  readonly program: pulumi.Input<string>;
  /** Name of the ConfigMap with the document, for commands that read it. */
  readonly document?: pulumi.Input<string>;
  /** Names of the Secrets with key pairs of organizations. */
  readonly keySecrets: readonly string[];
  /** Name of the PersistentVolumeClaim that the state is on, if it is on one. */
  readonly stateVolumeClaim?: string | undefined;
  /** For a command that stays and is asked things. */
  readonly serves?: Serves | undefined;
}

export interface Serves {
  readonly port: number;
  /** Where it is asked how it is; the same port by default. */
  readonly operationsPort?: number;
  /** Environment of its own, beside that of every command. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Name of another Secret whose keys become environment variables. */
  readonly secret?: pulumi.Input<string>;
}

type PodSpec = kubernetes.types.input.core.v1.PodSpec;
type Volume = kubernetes.types.input.core.v1.Volume;

/** The numeric user of the Node images; any non-root number does, since the file system is read-only. */
const USER = 1000;

/**
 * What Node takes beside its heap, in MiB. The heap's limit is so much below the container's, so that a leak ends as a readable
 * error and not as a kill.
 */
const BESIDE_HEAP = 40;

/**
 * Seconds between SIGTERM and the end by force. A run that is told to stop has 20 s for what it has begun in Langfuse, 30 s to
 * write its state, and 5 s to leave its figures.
 */
const GRACE_PERIOD = 60;

/** The shortest life of a token that Kubernetes gives, in seconds; the kubelet renews it in time. */
const TOKEN_LIFE = 600;

/** A pod of the sync under the Pod Security Standard `restricted`: one container that can write nowhere. */
export function syncPod(args: SyncPodArgs): PodSpec {
  const volumes: readonly (Volume & { readonly mountPath: string; readonly writable?: boolean })[] = [
    { name: "program", mountPath: folderOf(PROGRAM_FILE), configMap: { name: args.program } },
    ...(args.document === undefined ? [] : [configuration(args.document)]),
    ...(args.keySecrets.length > 0 ? [keys(args.keySecrets)] : []),
    ...(args.usesCluster ? [apiAccess] : []),
    ...(args.stateVolumeClaim === undefined ? [] : [state(args.stateVolumeClaim)]),
  ];
  const { serves } = args;
  return {
    serviceAccountName: args.account,
    // Mounted by hand where it is needed, and then short-lived.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: serves === undefined ? "Never" : "Always",
    terminationGracePeriodSeconds: GRACE_PERIOD,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      // Lets that user read what is mounted from Secrets.
      fsGroup: USER,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "sync",
        image: args.image,
        imagePullPolicy: args.imagePullPolicy,
        command: ["node", `--max-old-space-size=${args.memory - BESIDE_HEAP}`, PROGRAM_FILE, ...args.command],
        env: Object.entries({ ...args.environment, ...serves?.environment }).map(([key, value]) => ({
          name: key,
          value,
        })),
        envFrom: [args.secret, ...(serves?.secret ? [serves.secret] : [])].map((name) => ({ secretRef: { name } })),
        ...(serves && served(serves)),
        resources: {
          requests: { cpu: "50m", memory: `${Math.round(args.memory / 2)}Mi` },
          // Who waits for an answer waits for the processor as well; a run of the schedule has time.
          limits: { cpu: serves === undefined ? "200m" : "1", memory: `${args.memory}Mi` },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: volumes.map(({ name, mountPath, writable }) => ({ name, mountPath, readOnly: !writable })),
      },
    ],
    volumes: volumes.map(({ mountPath: _path, writable: _writable, ...volume }) => volume),
  };
}

/** Where it is asked whether it lives, and whether it wants requests. */
function served({ port, operationsPort }: Serves) {
  const own = operationsPort ?? port;
  return {
    ports: [
      { name: "http", containerPort: port },
      ...(operationsPort === undefined ? [] : [{ name: "operations", containerPort: operationsPort }]),
    ],
    // Looked at often while it starts, so that whoever waits for it need not wait for the next look.
    startupProbe: { httpGet: { path: "/healthz", port: own }, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { httpGet: { path: "/healthz", port: own }, periodSeconds: 20, timeoutSeconds: 5 },
    readinessProbe: { httpGet: { path: "/readyz", port: own }, periodSeconds: 5, timeoutSeconds: 5 },
  };
}

function configuration(name: pulumi.Input<string>) {
  return { name: "configuration", mountPath: folderOf(DOCUMENT_FILE), configMap: { name } };
}

function state(claimName: string) {
  return { name: "state", mountPath: folderOf(STATE_FILE), writable: true, persistentVolumeClaim: { claimName } };
}

function keys(secrets: readonly string[]) {
  const sources = secrets.map((name) => ({
    secret: {
      name,
      items: [
        { key: "LANGFUSE_PUBLIC_KEY", path: `${name}/public-key` },
        { key: "LANGFUSE_SECRET_KEY", path: `${name}/secret-key` },
      ],
    },
  }));
  return { name: "keys", mountPath: KEYS_FOLDER, projected: { defaultMode: 0o440, sources } };
}

/** What `automountServiceAccountToken` would mount, at the same place. */
const apiAccess = {
  name: "api-access",
  mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
  projected: {
    defaultMode: 0o440,
    sources: [
      { serviceAccountToken: { path: "token", expirationSeconds: TOKEN_LIFE } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
    ],
  },
};

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/"));
}
