import * as pulumi from "@pulumi/pulumi";

interface EmptyArgs {
  readonly organizationId: pulumi.Input<string>;
  readonly email: string;
  readonly role: string;
  readonly publicKey: pulumi.Input<string>;
  readonly secretKey: pulumi.Input<string>;
}

/** Everything that the engine asks of a dynamic resource, answered without doing anything. */
const provider: pulumi.dynamic.ResourceProvider = {
  check: async (_olds, news) => ({ inputs: news }),
  diff: async (_id, olds, news) => ({ changes: olds.role !== news.role }),
  create: async (inputs) => ({ id: inputs.email, outs: inputs }),
  read: async (id, props) => ({ id, props: props ?? {} }),
  update: async (_id, _olds, news) => ({ outs: news }),
  delete: async () => {},
};

/** What a membership costs before it asks Langfuse for anything. */
export class EmptyResource extends pulumi.dynamic.Resource {
  constructor(name: string, args: EmptyArgs) {
    super(provider, name, { ...args }, { additionalSecretOutputs: ["secretKey"] }, "bench", "Empty");
  }
}
