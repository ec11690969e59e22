/** Longest description of a flow or a scope in characters: a longer one is a server error. */
const LONGEST = 255;

/** A description that names the stack which made the object: flows and scopes have no other place for it. */
export function ownedDescription(owner: string, text: string): string {
  const whole = `${mark(owner)}${text}`;
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST - 3)}...` : whole;
}

/** Whether the description says that this stack made the object. */
export function isOwned(description: string | undefined, owner: string): boolean {
  return description?.startsWith(mark(owner)) ?? false;
}

const mark = (owner: string): string => `[${owner}] `;

/** Attribute of a realm role with the stack that made it. */
export const OWNER_ATTRIBUTE = "managedBy";
/** Attribute of the role that opens this project's login gate. */
export const GATE_ATTRIBUTE = "opensLoginGate";
