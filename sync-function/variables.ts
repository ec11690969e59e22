/** Environment variables and what each of them holds; each may come as `NAME_FILE` instead. */
export const VARIABLES = {
  KEYCLOAK_URL: "the address of Keycloak, with /auth if it is served below that",
  KEYCLOAK_REALM: "the name of the realm",
  KEYCLOAK_CLIENT_ID: "the id of the client with the service account",
  KEYCLOAK_CLIENT_SECRET: "the secret of that client",
  KEYCLOAK_CLIENT_ROLES:
    "true to read client roles too, which needs view-clients of realm-management; default true if a rule names one, else false",
  LANGFUSE_URL: "the address of Langfuse",
  LANGFUSE_ORG_ID: "the id of the organization",
  LANGFUSE_PUBLIC_KEY: "the public key of the organization (pk-lf-…)",
  LANGFUSE_SECRET_KEY: "the secret key of the organization (sk-lf-…)",
  AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING:
    "true or false as the Langfuse server has it, so that doctor can tell whether people who were made members get in; default unknown",
  AUTH_DISABLE_SIGNUP:
    "true or false as the Langfuse server has it, so that doctor can tell whether anybody new gets in; default unknown",
  ROLE_MAPPING:
    'a JSON object from realm roles to roles of Langfuse, such as {"langfuse-admin":"ADMIN","default":"VIEWER"}; the first role held decides, "default" is for people without any and NONE if absent; or existing-roles, the preset of docs/sync-configuration.md',
  PROTECTED_MEMBERS:
    "a JSON array of e-mail addresses of members the sync never touches, in which * stands for any text; default none",
  SYNC_CONFIG:
    "the path of a JSON file with several organizations, project roles and more; it takes the place of LANGFUSE_ORG_ID and ROLE_MAPPING",
  SHARDS: "the number of Jobs that share the organizations of SYNC_CONFIG; default 1",
  JOB_COMPLETION_INDEX: "which of them this one is, from 0; set by Kubernetes in an Indexed Job",
  GUARD_LIMITS:
    'a JSON object with limits of the guards, such as {"removals":{"fraction":0.1}}; default those of docs/guards.md',
  LEASE_NAME: "the name of a Kubernetes Lease that only one run holds at a time; default none",
  LEASE_NAMESPACE: "the namespace of the Lease; default that of the pod",
  LOCK_FILE:
    "the path of a lock file for runs on one machine; default one for each organization in the folder for temporary files, and none in a pod",
  STATE_FILE:
    "the path of the file that a run leaves for the next one; default one below XDG_STATE_HOME or ~/.local/state, and none in a pod",
  STATE_CONFIG_MAP:
    "the name of a ConfigMap for the same, with its namespace and a slash before it if it is another one; default none",
  AUDIT_FILE:
    "the path of the file that gets a line for every decision; default none, and in a pod the standard output",
  SNAPSHOT_FOLDER:
    "the path of a folder that gets a snapshot for restore before an apply takes something from somebody; default none",
  METRICS_FILE: "the path of a file NAME.prom for the textfile collector of the node exporter; default none",
  PUSHGATEWAY_URL:
    "the address of a Prometheus Pushgateway, with user name and password if it asks for them; default none",
  LOG_LEVEL: "fatal, error, warn, info, debug, trace or silent; default info",
} as const;

export type VariableName = keyof typeof VARIABLES;
