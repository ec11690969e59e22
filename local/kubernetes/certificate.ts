import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import * as der from "./der.ts";

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  readonly commonName: string;
  /** Kubernetes reads it as the user's group. */
  readonly organisation?: string;
  /** IPv4 addresses and host names the certificate stands for. */
  readonly names?: readonly string[];
}

const ECDSA_WITH_SHA256 = der.sequence(der.identifier("1.2.840.10045.4.3.2"));
const HOUR = 3_600_000;
/** A cluster lives for minutes; ten days outlast every one that is left running. */
const VALIDITY = 240 * HOUR;

/** A certificate authority that signs for both ends of a connection. Its key never leaves this process. */
export class Authority {
  readonly certificate: string;
  readonly #key: KeyObject;
  readonly #name: Buffer;

  constructor(commonName: string) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = privateKey;
    this.#name = nameOf({ commonName });
    const usage = der.bits(Buffer.from([0x06]), 1);
    this.certificate = this.#certify(this.#name, privateKey, [
      extension("2.5.29.19", der.sequence(der.truth()), true),
      extension("2.5.29.15", usage, true),
    ]);
  }

  issue(subject: Subject): KeyPair {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const purposes = der.sequence(der.identifier("1.3.6.1.5.5.7.3.1"), der.identifier("1.3.6.1.5.5.7.3.2"));
    const names = (subject.names ?? []).map((name) =>
      isIPv4(name)
        ? der.encode(0x87, Buffer.from(name.split(".").map(Number)))
        : der.encode(0x82, Buffer.from(name, "latin1")),
    );
    const extensions = [extension("2.5.29.37", purposes)];
    if (names.length > 0) extensions.push(extension("2.5.29.17", der.sequence(...names)));
    return { certificate: this.#certify(nameOf(subject), privateKey, extensions), key: pemOf(privateKey) };
  }

  #certify(subject: Buffer, key: KeyObject, extensions: readonly Buffer[]): string {
    const now = Date.now();
    const body = der.sequence(
      der.encode(0xa0, der.integer(Buffer.from([2]))),
      der.integer(randomBytes(16)),
      ECDSA_WITH_SHA256,
      this.#name,
      // Clocks of one machine agree, but a certificate dated to this very second is refused by a strict reader.
      der.sequence(der.time(new Date(now - HOUR)), der.time(new Date(now + VALIDITY))),
      subject,
      createPublicKey(key).export({ type: "spki", format: "der" }),
      der.encode(0xa3, der.sequence(...extensions)),
    );
    const signature = der.bits(sign("sha256", body, this.#key));
    return pem("CERTIFICATE", der.sequence(body, ECDSA_WITH_SHA256, signature));
  }
}

/** A key pair without a certificate, for signing service account tokens. */
export function signingKey(): string {
  return pemOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
}

function nameOf({ commonName, organisation }: Subject): Buffer {
  const part = (id: string, value: string) => der.set(der.sequence(der.identifier(id), der.text(value)));
  return der.sequence(...(organisation ? [part("2.5.4.10", organisation)] : []), part("2.5.4.3", commonName));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return der.sequence(der.identifier(id), ...(critical ? [der.truth()] : []), der.octets(value));
}

/** SEC1, the form every component reads. */
function pemOf(key: KeyObject): string {
  return key.export({ type: "sec1", format: "pem" }).toString();
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
