import { lint } from "../roles/lint.ts";
import type { AccessRules } from "../roles/rule.ts";
import { type Finding, ok } from "./finding.ts";

/** What is wrong with the rules as far as they alone tell; the same as the command `lint` finds. */
export function ruleFindings(
  organizations: readonly { readonly name: string; readonly rules: AccessRules }[],
): readonly Finding[] {
  return organizations.flatMap(({ name, rules }): readonly Finding[] => {
    const found = lint([rules]);
    if (found.length === 0) return [ok(`${name}: rules`, "nothing is wrong with them by themselves")];
    return found.map(({ severity, code, message }) => {
      const cut = message.lastIndexOf("; ");
      const [fact, remedy] = cut < 0 ? [message, undefined] : [message.slice(0, cut), message.slice(cut + 2)];
      return {
        check: `${name}: rules`,
        severity,
        fact: `${code}: ${fact}`,
        ...(remedy !== undefined && { remedy }),
        ...(severity === "error" && { kind: "usage" as const }),
      };
    });
  });
}
