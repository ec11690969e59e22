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

/**
 * For a change of something that somebody deleted in Langfuse since the last refresh.
 *
 * @param what with its article, such as `The project "Staging" (cm…)`
 */
export function deletedByHand(what: string): AccessError {
  return new AccessError(
    "incomplete",
    `${what} is not in Langfuse any more. Run \`pulumi refresh\`, which takes note of it, and then \`pulumi up\`, which makes it again.`,
  );
}

/**
 * Does something with what has this id.
 *
 * @param what as in `deletedByHand`
 * @param list as in `requireGone`
 * @throws the failure, or that it was deleted by hand when Langfuse lists it no more
 */
export async function withExisting<T>(
  { id, what, list }: { id: string; what: string; list: Parameters<typeof requireGone>[2] },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    await requireGone(failure, id, list);
    throw deletedByHand(what);
  }
}
