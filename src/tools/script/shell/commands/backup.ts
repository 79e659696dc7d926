import type { Given } from "./command.ts";
import { Failure } from "./command.ts";
import type { FileJob } from "./file-job.ts";
import { folderOf, lastPart, quoted } from "./file-names.ts";

type Control = "none" | "simple" | "numbered" | "existing";

const CONTROLS: Readonly<Record<string, Control>> = {
  ...{ none: "none", off: "none", simple: "simple", never: "simple" },
  ...{ numbered: "numbered", t: "numbered", existing: "existing", nil: "existing" },
};

/** How what stands where something is to be is kept under another name: `-b`, `--backup`, `-S`. */
export interface Backups {
  /** The name to keep it under; undefined where it is not kept. */
  nameFor(job: FileJob, name: string): Promise<string | undefined>;
  readonly kept: boolean;
}

export function backupsOf({ flags, values, context }: Given): Backups {
  const asked = flags.has("b") || flags.has("backup") || values.has("backup") || values.has("S");
  const word = values.get("backup") ?? context.env.get("VERSION_CONTROL") ?? "existing";
  const control = asked ? CONTROLS[word] : "none";
  if (control === undefined) throw new Failure(`invalid argument ${quoted(word)} for 'backup type'`);
  const suffix = values.get("S") ?? context.env.get("SIMPLE_BACKUP_SUFFIX") ?? "~";
  return {
    kept: control !== "none",
    async nameFor(job, name) {
      if (control === "none") return undefined;
      if (control === "simple") return `${name}${suffix}`;
      const beginning = `${lastPart(name)}.~`;
      const numbers = (await job.fs.readdir(job.path(folderOf(name))).catch(() => []))
        .filter((one) => one.startsWith(beginning) && /^\d{1,15}~$/.test(one.slice(beginning.length)))
        .map((one) => Number.parseInt(one.slice(beginning.length), 10));
      if (numbers.length === 0 && control === "existing") return `${name}${suffix}`;
      return `${name}.~${Math.max(0, ...numbers) + 1}~`;
    },
  };
}
