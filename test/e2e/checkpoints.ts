/**
 * For operations that come to their end: the engine writes the whole state once in the end, and not once for each
 * resource, which takes half of its time where the state holds the bundle.
 */
export const withoutCheckpoints: NodeJS.ProcessEnv = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
