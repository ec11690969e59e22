import { describe, expect, test } from "vitest";
import type { Java } from "#local/keycloak/java.ts";
import { javaArguments, launchEnvironment, startOptions } from "#local/keycloak/launch.ts";

const java = (version: string): Java => ({ home: "/java", version, source: "installed" });
const launch = { distribution: "/dist", home: "/home", command: ["start", "--optimized"] };

describe("javaArguments", () => {
  test("take the libraries from the distribution and the home from the instance", () => {
    const args = javaArguments({ ...launch, java: java("17.0.15") });
    expect(args[args.indexOf("-cp") + 1]).toBe("/dist/lib/quarkus-run.jar");
    expect(args).toContain("-Dkc.home.dir=/home");
    expect(args).toContain("-Djava.io.tmpdir=/home/tmp");
    expect(args.slice(-2)).toEqual(["start", "--optimized"]);
  });

  test.each([
    ["17.0.15", "record", "-XX:ArchiveClassesAtExit=/a"],
    ["24.0.1", "replay", "-XX:SharedArchiveFile=/a"],
    ["25.0.2", "record", "-XX:AOTCacheOutput=/a"],
    ["25.0.2", "replay", "-XX:AOTCache=/a"],
  ] as const)("on Java %s %s classes with %s", (version, use, flag) => {
    expect(javaArguments({ ...launch, java: java(version), archive: { file: "/a", use } })).toContain(flag);
  });
});

test("a server that is measured compiles, hashes and collects as in production, others as little as they can", () => {
  const quick = javaArguments({ ...launch, java: java("17.0.15") });
  const measured = javaArguments({ ...launch, java: java("17.0.15"), optimise: true });
  const only = (own: readonly string[], other: readonly string[]) => own.filter((option) => !other.includes(option));
  expect(only(quick, measured)).toEqual([
    "-Xms256m",
    "-Xmx1g",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dkc.spi-password-hashing-argon2-iterations=1",
    "-Dkc.spi-password-hashing-argon2-memory=64",
  ]);
  expect(only(measured, quick)).toEqual(["-Xms1g", "-Xmx1434m", "-XX:+UseG1GC"]);
});

test("startOptions keep a server to the address it was given", () => {
  expect(startOptions("10.88.0.1", 8080)).toEqual(
    expect.arrayContaining(["--http-host=10.88.0.1", "--http-port=8080", "--cache=local"]),
  );
});

test("launchEnvironment drops what would configure Keycloak or the JVM behind our back", () => {
  const environment = { PATH: "/bin", KC_DB: "postgres", JAVA_TOOL_OPTIONS: "-Xmx1m", QUARKUS_HTTP_PORT: "1" };
  expect(launchEnvironment(environment, { KC_BOOTSTRAP_ADMIN_USERNAME: "admin" })).toEqual({
    PATH: "/bin",
    KC_BOOTSTRAP_ADMIN_USERNAME: "admin",
  });
});
