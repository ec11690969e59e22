import { z } from "zod";

/** What the names of namespaces and most other things in Kubernetes are (RFC 1123). */
export const dnsLabel = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "use a DNS label");
