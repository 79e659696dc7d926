import type { ToWorker } from "./messages.ts";
import type { PreparedModule, RunTask } from "./run-task.ts";

/** Authorities that a worker remembers before it is told to forget them. */
const KNOWN_AUTHORITIES = 1024;
/** Modules to be forgotten that may gather before it is told. */
const FORGOTTEN_MODULES = 8;

/**
 * What one worker knows by number: modules and authorities are sent to it before the first run that names them, and once.
 * It is told to forget only while it holds no run, so that none loses what it names.
 */
export class Introductions {
  readonly #post: (message: ToWorker) => void;
  readonly #modules = new Set<number>();
  readonly #authorities = new Set<number>();
  readonly #forgotten: number[] = [];

  constructor(post: (message: ToWorker) => void) {
    this.#post = post;
  }

  /** Whether so much is to be forgotten that the worker should come to hold no run first. */
  get full(): boolean {
    return this.#authorities.size >= KNOWN_AUTHORITIES || this.#forgotten.length >= FORGOTTEN_MODULES;
  }

  /** Sends what the run names and the worker does not know. */
  introduce(task: RunTask, prepared: PreparedModule): void {
    if (!this.#modules.has(prepared.id)) {
      this.#modules.add(prepared.id);
      this.#post({ kind: "module", id: prepared.id, module: prepared.module, shape: prepared.shape });
    }
    const { id, authority } = task.authority;
    if (!this.#authorities.has(id)) {
      this.#authorities.add(id);
      this.#post({ kind: "authority", id, authority });
    }
  }

  /** Marks a module as one to be forgotten, where the worker knows it. */
  dropModule(id: number): void {
    if (this.#modules.delete(id)) this.#forgotten.push(id);
  }

  /** Tells the worker what to forget. Only for one that holds no run. */
  forget(): void {
    const authorities = this.#authorities.size >= KNOWN_AUTHORITIES;
    if (!authorities && this.#forgotten.length === 0) return;
    this.#post({ kind: "forget", modules: this.#forgotten.splice(0), authorities });
    if (authorities) this.#authorities.clear();
  }
}
