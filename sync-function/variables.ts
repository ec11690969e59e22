/** Environment variables and what each of them holds; each may come as `NAME_FILE` instead. */
export const VARIABLES = {
  KEYCLOAK_URL: "the address of Keycloak, with /auth if it is served below that",
  KEYCLOAK_REALM: "the name of the realm",
  KEYCLOAK_CLIENT_ID: "the id of the client with the service account",
  KEYCLOAK_CLIENT_SECRET: "the secret of that client",
  LANGFUSE_URL: "the address of Langfuse",
  LANGFUSE_ORG_ID: "the id of the organization",
  LANGFUSE_PUBLIC_KEY: "the public key of the organization (pk-lf-…)",
  LANGFUSE_SECRET_KEY: "the secret key of the organization (sk-lf-…)",
  ROLE_MAPPING:
    'a JSON object from realm roles to roles of Langfuse, such as {"langfuse-admin":"ADMIN","default":"VIEWER"}; the first role held decides, "default" is for people without any and NONE if absent',
  PROTECTED_MEMBERS: "a JSON array of e-mail addresses of members the sync never touches; default none",
  LOG_LEVEL: "fatal, error, warn, info, debug, trace or silent; default info",
} as const;

export type VariableName = keyof typeof VARIABLES;
