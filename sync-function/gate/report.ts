import { printable } from "../printable.ts";
import type { GateFinding } from "./finding.ts";
import { PATHS, type Path, type Person, type Verdict } from "./login.ts";
import type { RealmModel } from "./realm-model.ts";
import { simulate } from "./simulation.ts";

/** One cell of the table client × person × path. */
export interface SimulatedLogin extends Verdict {
  readonly client: string;
  readonly person: string;
  /** With the identity provider behind a colon, where one is part of it. */
  readonly path: string;
}

/** Every path of every person to every client; a path through identity providers is one for each of them. */
export function loginsOf(
  model: RealmModel,
  people: Readonly<Record<string, Person>>,
  clients: readonly string[],
): SimulatedLogin[] {
  const identityProviders = model.identityProviders.filter(({ enabled }) => enabled);
  const ways = PATHS.flatMap((path): { path: Path; identityProvider?: string; name: string }[] =>
    path === "broker"
      ? identityProviders.map(({ alias }) => ({ path, identityProvider: alias, name: `broker:${alias}` }))
      : [{ path, name: path }],
  );
  return clients.flatMap((client) =>
    Object.entries(people).flatMap(([person, facts]) =>
      ways.map(({ name, ...way }) => ({
        client,
        person,
        path: name,
        ...simulate(model, { client, person: facts, ...way }),
      })),
    ),
  );
}

export function findingsText(findings: readonly GateFinding[]): string {
  if (findings.length === 0) return "The gate holds.";
  const count = (severity: GateFinding["severity"]) => {
    const number = findings.filter((one) => one.severity === severity).length;
    return `${number} ${severity}${number === 1 ? "" : "s"}`;
  };
  return [
    ...findings.flatMap(({ severity, invariant, fact, remedy }) => [
      `${severity.padEnd(7)}  ${fact} (invariant ${invariant})`,
      `         → ${remedy}`,
    ]),
    `Gate: ${count("error")}, ${count("warning")}`,
  ]
    .map(printable)
    .join("\n");
}

export function simulationText(logins: readonly SimulatedLogin[]): string {
  const width = (key: "client" | "person" | "path") => Math.max(...logins.map((login) => login[key].length));
  const [client, person, path] = [width("client"), width("person"), width("path")];
  return logins
    .map((login) =>
      [
        login.client.padEnd(client),
        login.person.padEnd(person),
        login.path.padEnd(path),
        login.outcome.padEnd(7),
        login.by,
      ].join("  "),
    )
    .map(printable)
    .join("\n");
}
