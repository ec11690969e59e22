/** Values of one Secret, by key. */
export type SecretData = Readonly<Record<string, string>>;

/** The part of a Kubernetes Secret that a key can be kept in. */
export interface SecretStore {
  /** For people: namespace and name of the Secret, for example `langfuse/langfuse-organization-key`. */
  readonly title: string;
  /** Undefined when there is no such Secret. */
  read(): Promise<SecretData | undefined>;
  /** Makes the Secret unless there is one; false when somebody else was first. The API server decides who that is. */
  create(data: SecretData): Promise<boolean>;
}
