/** Where a pod of the sync finds its files. */
export const PROGRAM_FILE = "/program/main.mjs";
export const DOCUMENT_FILE = "/configuration/sync.json";
/** On a volume, for what a run leaves for the next; a shard adds its number. */
export const STATE_FILE = "/state/state.json";
/** Holds a folder for each Secret with the key pair of an organization, with the files `public-key` and `secret-key`. */
export const KEYS_FOLDER = "/keys";
