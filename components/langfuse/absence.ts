import { AccessError } from "#sync/errors.ts";

/**
 * For the failure of a call that names something by its id: returns when the thing is gone, and throws in every other
 * case. A 404 alone proves nothing, because a proxy and a wrong address answer it as well; a stack that believed them
 * would forget what is still there. Gone is only what Langfuse does not list.
 *
 * @param list everything of that kind; fails where Langfuse itself does not answer
 * @throws the failure when it is another one, or is contradicted by the list; else what the list throws
 */
export async function requireGone(
  failure: unknown,
  id: string,
  list: () => Promise<readonly { readonly id: string }[]>,
): Promise<void> {
  if (!(failure instanceof AccessError && failure.status === 404)) throw failure;
  if ((await list()).some((candidate) => candidate.id === id)) throw failure;
}
