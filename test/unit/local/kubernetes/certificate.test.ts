import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Authority, signingKey } from "#local/kubernetes/certificate.ts";
import * as der from "#local/kubernetes/der.ts";

test("a certificate names its subject and its addresses, and is signed by its authority", () => {
  const authority = new Authority("local");
  const pair = authority.issue({
    commonName: "system:node:node",
    organisation: "system:nodes",
    names: ["127.0.0.1", "localhost"],
  });
  const certificate = new X509Certificate(pair.certificate);
  const root = new X509Certificate(authority.certificate);
  expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:node");
  expect(certificate.subjectAltName).toBe("IP Address:127.0.0.1, DNS:localhost");
  expect(certificate.checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
  expect(certificate.checkIssued(root)).toBe(true);
  expect(certificate.verify(root.publicKey)).toBe(true);
  expect(root.ca).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now());
  expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now() + 86_400_000);
});

test("both ends of a connection accept each other's certificate", async () => {
  const authority = new Authority("local");
  const server = createServer({
    ...tls(authority, "server"),
    ca: authority.certificate,
    requestCert: true,
  });
  server.on("secureConnection", (socket: TLSSocket) =>
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Client: ${socket.getPeerCertificate().subject.CN}\r\n\r\n`),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const outgoing = request({
    ...tls(authority, "client"),
    ca: authority.certificate,
    host: "127.0.0.1",
    port,
    agent: false,
    timeout: 5_000,
  });
  outgoing.end();
  const [response] = await once(outgoing, "response");
  expect(response.headers["x-client"]).toBe("client");
  response.resume();
  server.close();
});

test("an authority signs only for itself", () => {
  const pair = new Authority("one").issue({ commonName: "x" });
  expect(
    new X509Certificate(pair.certificate).verify(new X509Certificate(new Authority("two").certificate).publicKey),
  ).toBe(false);
});

test("a signing key is one that elliptic signatures are made with", () => {
  expect(createPrivateKey(signingKey()).asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
});

test("integers keep their sign bit clear and lengths their shortest form", () => {
  expect(der.integer(Buffer.from([0x80])).toString("hex")).toBe("02020080");
  expect(der.integer(Buffer.from([0, 0, 1])).toString("hex")).toBe("020101");
  expect(der.integer(Buffer.from([0])).toString("hex")).toBe("020100");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70_000 }), (size) => {
      const encoded = der.octets(Buffer.alloc(size));
      const long = (encoded[1] ?? 0) & 0x80;
      const digits = long ? (encoded[1] ?? 0) & 0x7f : 0;
      const length = long ? encoded.readUIntBE(2, digits) : encoded[1];
      expect(length).toBe(size);
      expect(encoded.length).toBe(2 + digits + size);
    }),
    { numRuns: 50 },
  );
});

test("object identifiers are written in base 128", () => {
  expect(der.identifier("1.2.840.10045.4.3.2").toString("hex")).toBe("06082a8648ce3d040302");
});

function tls(authority: Authority, commonName: string) {
  const { certificate, key } = authority.issue({ commonName, names: ["127.0.0.1"] });
  return { cert: certificate, key };
}
