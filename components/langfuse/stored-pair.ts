import { UNKNOWN } from "../dynamic/inputs.ts";
import { remember } from "./connection.ts";

/** What a pair is called among the inputs of a resource. */
type Names<T> = readonly [publicKey: keyof T, secretKey: keyof T];

/**
 * The inputs with the pair that is stored with them already, as long as they are about the same organization. Another
 * pair of it opens the same things, and so is no change; in a preview before a rotation it is not even known, and would
 * be shown as a change of everything that changes beside it. Whatever works with a stored pair finds its successor, which
 * is remembered here, and an update puts that into the outputs.
 *
 * @param olds inputs of the last operation; empty for a new resource
 */
export function withStoredPair<T extends { readonly organizationId: string }>(
  olds: Partial<T>,
  news: T,
  [publicKey, secretKey]: Names<T>,
): T {
  const isKnown = [news.organizationId, news[publicKey], news[secretKey]].every((value) => value !== UNKNOWN);
  if (isKnown) {
    remember(news.organizationId, { publicKey: String(news[publicKey]), secretKey: String(news[secretKey]) });
  }
  const { [secretKey]: stored } = olds;
  if (stored === undefined || stored === UNKNOWN || olds.organizationId !== news.organizationId) return news;
  return { ...news, [publicKey]: olds[publicKey], [secretKey]: stored };
}
