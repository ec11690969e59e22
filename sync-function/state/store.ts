/** Where the state lies between two runs. Every method throws `AccessError`. */
export interface StateStore {
  /** For people, such as `ConfigMap langfuse/sync-state`. */
  readonly title: string;
  /** Text of the document; undefined when nothing was written yet. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}
