/** What `serve webhook` reads beside what `apply` reads; each also as `NAME_FILE`. */
export const WEBHOOK_VARIABLES = {
  WEBHOOK_SECRET: "the secret that Keycloak signs with, or the password that it sends; 16 characters at least",
  WEBHOOK_PREVIOUS_SECRET: "the one before, which is good too while both ends are changed; default none",
  WEBHOOK_USERNAME: "the user name beside the password, where Keycloak sends one; default keycloak",
  WEBHOOK_ALGORITHM: "HmacSHA256 or HmacSHA1, which Keycloak signs with; default HmacSHA256",
  WEBHOOK_PORT: "the port to listen on, 0 for a free one; default 8080",
} as const;
