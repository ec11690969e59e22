/** Names and messages come from servers that do not check them; a terminal would obey control characters. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "�");
}
