import type { RunTask } from "./run-task.ts";

interface Line {
  tasks: RunTask[];
  head: number;
}

/** Tasks in order of arrival for each principal, and principals served in turn, one task each. */
export class FairQueue {
  /** In the order in which principals are served next. */
  readonly #lines = new Map<string, Line>();
  #length = 0;

  /** Tasks that wait; those marked as gone do not count. */
  get length(): number {
    return this.#length;
  }

  push(task: RunTask): void {
    const line = this.#lines.get(task.principal);
    if (line === undefined) this.#lines.set(task.principal, { tasks: [task], head: 0 });
    else line.tasks.push(task);
    this.#length++;
  }

  /** Puts back a task that was taken: it is the next of its principal. */
  putBack(task: RunTask): void {
    const line = this.#lines.get(task.principal);
    if (line === undefined) this.#lines.set(task.principal, { tasks: [task], head: 0 });
    else if (line.head > 0) line.tasks[--line.head] = task;
    else line.tasks.unshift(task);
    this.#length++;
  }

  /** Marks a waiting task as gone; it is passed over later. */
  drop(task: RunTask): void {
    task.gone = true;
    this.#length--;
  }

  take(): RunTask | undefined {
    for (const [principal, line] of this.#lines) {
      const task = takeFrom(line);
      const empty = line.head >= line.tasks.length;
      if (empty || this.#lines.size > 1) this.#lines.delete(principal);
      if (!empty && !this.#lines.has(principal)) this.#lines.set(principal, line);
      if (task !== undefined) {
        this.#length--;
        return task;
      }
    }
    return undefined;
  }
}

const COMPACT_AT = 1024;

function takeFrom(line: Line): RunTask | undefined {
  while (line.head < line.tasks.length) {
    const task = line.tasks[line.head] as RunTask;
    line.head++;
    if (line.head >= COMPACT_AT && line.head * 2 >= line.tasks.length) {
      line.tasks = line.tasks.slice(line.head);
      line.head = 0;
    }
    if (!task.gone) return task;
  }
  return undefined;
}
