import type { Project } from "./model.ts";

export interface ProjectsOptions {
  readonly changed: () => void;
  readonly clock: () => Date;
  /** How long the background job takes to remove a deleted project, in milliseconds. */
  readonly deletionTime: number;
  /** Called when the job has removed a project. */
  readonly purged: (projectId: string) => void;
}

/**
 * Projects, with the two phases of their deletion: `markDeleted` hides a project at once, and only when the background
 * job is through is the row gone, which its organization has to wait for.
 */
export class Projects {
  readonly #byId = new Map<string, Project>();
  readonly #deleting = new Set<string>();
  readonly #options: ProjectsOptions;

  constructor(options: ProjectsOptions, projects: readonly Project[]) {
    this.#options = options;
    for (const project of projects) {
      this.#byId.set(project.id, project);
      if (project.deletedAt !== null) this.#deleting.add(project.id);
    }
  }

  /** Also finds a project that is being deleted. */
  find(id: string): Project | undefined {
    this.#purge();
    return this.#byId.get(id);
  }

  findLive(id: string): Project | undefined {
    const project = this.find(id);
    return project?.deletedAt === null ? project : undefined;
  }

  liveOf(organizationId: string): Project[] {
    return this.#of(organizationId).filter((project) => project.deletedAt === null);
  }

  /** True while a project of the organization exists or is being deleted. */
  anyOf(organizationId: string): boolean {
    this.#purge();
    return this.#of(organizationId).length > 0;
  }

  put(project: Project): void {
    this.#byId.delete(project.id);
    this.#byId.set(project.id, project);
    this.#options.changed();
  }

  markDeleted(project: Project): void {
    this.#deleting.add(project.id);
    this.put({ ...project, deletedAt: this.#options.clock().toISOString() });
  }

  all(): Project[] {
    this.#purge();
    return [...this.#byId.values()];
  }

  #of(organizationId: string): Project[] {
    return [...this.#byId.values()].filter((project) => project.organizationId === organizationId);
  }

  #purge(): void {
    const now = this.#options.clock().getTime();
    for (const id of this.#deleting) {
      const deletedAt = this.#byId.get(id)?.deletedAt;
      if (deletedAt && now < Date.parse(deletedAt) + this.#options.deletionTime) continue;
      this.#deleting.delete(id);
      this.#byId.delete(id);
      this.#options.purged(id);
      this.#options.changed();
    }
  }
}
