import { setFlagsFromString } from "node:v8";

/**
 * Keeps the part of the heap for new objects at its first size instead of letting it grow to 48 MiB. A run reads
 * thousands of short-lived rows, which would fill whatever there is before anything is collected: this takes a fifth off
 * the memory of a run over ten thousand people and costs no measurable time.
 */
export function limitYoungGeneration(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
