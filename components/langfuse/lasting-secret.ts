import * as pulumi from "@pulumi/pulumi";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  check: async (olds, news) => (await import("#components/langfuse/lasting-secret-lifecycle.ts")).check(olds, news),
  diff: async (_id, olds, news) => (await import("#components/langfuse/lasting-secret-lifecycle.ts")).diff(olds, news),
  create: async (inputs) => (await import("#components/langfuse/lasting-secret-lifecycle.ts")).create(inputs),
  read: async (id, props) => (await import("#components/langfuse/lasting-secret-lifecycle.ts")).read(id, props),
  update: async (_id, _olds, news) => (await import("#components/langfuse/lasting-secret-lifecycle.ts")).update(news),
};

export interface LastingSecretArgs {
  /** Name of the variable of the server, such as `SALT`. */
  readonly variable: string;
  /** What it is when there is none yet; afterwards it is ignored, whatever becomes of the generator behind it. */
  readonly value: pulumi.Input<string>;
  /** The value is one of an installation: another one than is kept is then refused instead of ignored. */
  readonly isTaken: boolean;
  /** Take it all the same. */
  readonly mayReplace?: boolean;
  /** Only a higher one lets another value in; without it none ever may. */
  readonly generation?: number;
}

/** A secret that is made or taken over once and kept in the stack's state: nothing in the program changes it afterwards. */
export class LastingSecret extends pulumi.dynamic.Resource {
  declare readonly value: pulumi.Output<string>;

  constructor(name: string, args: LastingSecretArgs, options?: pulumi.CustomResourceOptions) {
    const secret = { hideDiffs: ["__provider"], additionalSecretOutputs: ["value"] };
    super(provider, name, { ...args }, pulumi.mergeOptions(options, secret), "langfuse", "LastingSecret");
  }
}
