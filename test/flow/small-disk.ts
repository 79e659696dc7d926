import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

export const mount = (options: string, directory: string): void => {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory], { stdio: "ignore" });
};

/** A small file system of its own and how to end it, or undefined where there is none to be had, which is said. */
export function smallDisk(directory: string): (() => void) | undefined {
  mkdirSync(directory, { recursive: true });
  try {
    mount("size=96m,mode=0700", directory);
  } catch {
    process.stderr.write("skipped: a small file system needs root and mount\n");
    return undefined;
  }
  return () => {
    execFileSync("umount", ["-l", directory]);
  };
}
