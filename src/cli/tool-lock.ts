import { fault, isFault } from "../contract/fault.ts";
import { LOCK_FILE, lockProblem, lockText, readLock } from "../host/tools/lock-file.ts";
import { expandPath } from "../host/xdg.ts";
import { ringOnce } from "../kernel/ipc/doorbell.ts";
import { soundActiveVersions } from "../kernel/tools/versions.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { findFile, replaceFile } from "./replace-file.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Pins the versions that a project uses. */
export const toolLock: Command = {
  spec: {
    name: "tool lock",
    summary: "pin the versions of deployed tools that a project uses",
    usage: "[folder] [--check] [options]",
    details: `
Writes tollgate.lock into a folder (the current one by default): of each tool that is active its
version, the hash of all that it may do, that of its module, and who signed it. A host that serves
this folder as a root runs what is pinned, exactly so, and nothing else that was deployed. Keep it
with the project: a change of what a tool may do then shows in a diff. Tools cannot write it.`,
    options: {
      check: { kind: "flag", description: "write nothing; say what differs from what is active" },
      ...TOOL_OPTIONS,
    },
    operands: [0, 1],
    examples: [
      ["tollgate tool lock", "pin what is active, in tollgate.lock here"],
      ["tollgate tool lock --check", "for a pipeline"],
    ],
    exits: "With tool lock, 1 means that nothing was written, or with --check that something differs.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const folder = expandPath(args.operands[0] ?? ".", ambient.cwd, ambient.env) ?? ambient.cwd;
      const active = desk.chain.read(soundActiveVersions);
      const path = `${folder}/${LOCK_FILE}`;
      if (args.flag("check")) {
        const lock = readLock(folder);
        if (lock === undefined)
          return fault("trust", "lock-missing", `there is no ${path}: tollgate tool lock writes it`);
        const pins = isFault(lock.pins) ? [] : [...lock.pins.keys()];
        const problems = [
          ...active.flatMap(({ name, record }) => lockProblem(lock, name, record) ?? []),
          ...pins
            .filter((name) => !active.some((one) => one.name === name))
            .map((name) => `${name} is pinned and not active`),
        ];
        if (args.flag("json")) sayJson(ambient, { ok: problems.length === 0, problems });
        else
          for (const problem of problems.length === 0 ? [`${path} pins what is active`] : problems)
            say(ambient, problem);
        return problems.length === 0 ? EXIT.ok : EXIT.no;
      }
      const found = findFile(path);
      if (typeof found === "string") return fault("trust", "lock-unwritable", `${path} ${found}`);
      const written = replaceFile(found, lockText(active), ambient.clock(), false);
      if (typeof written === "string") return fault("trust", "lock-unwritable", `${path} ${written}`);
      // Hosts that serve the folder look at it anew.
      ringOnce(desk.stateDirectory);
      const next = `git diff ${path}`;
      if (args.flag("json")) sayJson(ambient, { file: path, tools: active.map(({ name }) => name), next });
      else {
        for (const { name, record } of active) say(ambient, `${name} ${record.version} · ${record.statement_sha256}`);
        say(ambient, `${active.length} tools pinned in ${path}`);
        say(ambient, `next: ${next}`);
      }
      return EXIT.ok;
    }),
};
