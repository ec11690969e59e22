/**
 * A test for addresses that match one of the patterns: `*` stands for any text, `?` for one character, everything else
 * for itself in either case.
 */
export function addressMatcher(patterns: readonly string[]): (email: string) => boolean {
  const plain = new Set(patterns.filter((pattern) => !/[*?]/.test(pattern)).map((pattern) => pattern.toLowerCase()));
  const globs = patterns.filter((pattern) => /[*?]/.test(pattern)).map(expressionOf);
  return (email) => plain.has(email.toLowerCase()) || globs.some((glob) => glob.test(email));
}

function expressionOf(pattern: string): RegExp {
  const body = pattern
    // Stars beside each other say what one says, and would make the match slow.
    .replaceAll(/\*+/g, "*")
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${body}$`, "is");
}
