/** The users and groups of this host, as far as the control socket must know them. */

/** Those who may act without being root. */
export interface OperatorsGroup {
  /** As the settings have it. */
  readonly name: string;
  /** null: this host has no such group, or did not say in time. */
  readonly gid: number | null;
}

export interface People {
  /** null: the settings name no group. Ends within seconds. */
  operators(): Promise<OperatorsGroup | null>;
  /** null: unknown, or not known soon enough; never holds an answer up. */
  nameOf(uid: number): Promise<string | null>;
}
