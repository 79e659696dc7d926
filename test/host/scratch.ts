import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { SettingsFlags } from "../../src/host/config.ts";

/** A folder of one test with a home, XDG directories and a current directory of its own. */
export interface Scratch {
  readonly path: string;
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Writes a file below the folder and answers its path. */
  write(name: string, text: string | Uint8Array, mode?: number): string;
  remove(): void;
}

export function makeScratch(): Scratch {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-test-")));
  for (const name of ["home", "work", "config", "state"]) mkdirSync(join(path, name));
  return {
    path,
    cwd: join(path, "work"),
    env: { HOME: join(path, "home"), XDG_CONFIG_HOME: join(path, "config"), XDG_STATE_HOME: join(path, "state") },
    write(name, text, mode = 0o644) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode });
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export const NO_FLAGS: SettingsFlags = { roots: [], policies: [], sudo: false };
