import type { StateReader } from "../contract/state.ts";
import { checkActive } from "../host/tools/check-deployed.ts";
import { statedManifest } from "../host/tools/load-tool.ts";
import { readLock } from "../host/tools/lock-file.ts";
import { DAMAGED, DamagedRow } from "../kernel/rows.ts";
import type { VersionRecord } from "../kernel/tools/records.ts";
import { lookAtTools, readEnvelopeText } from "../kernel/tools/versions.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { DIR_OPTION, settingsOf } from "./settings-options.ts";
import { table } from "./table.ts";
import { TOOL_OPTIONS, type ToolDesk, withToolDesk } from "./tool-desk.ts";
import { signedBy } from "./tool-text.ts";

/** Lists the tools that were deployed, and what becomes of each. */
export const toolList: Command = {
  spec: {
    name: "tool list",
    summary: "the tools that were deployed, and which run",
    usage: "[options]",
    details: `
Lists the tools that were deployed on this state directory: the version that is active, who vouches
for it, and why a host on these folders (the current one, where none is given) does not run it:
revoked, unsigned, untrusted, damaged, not pinned by a tollgate.lock, or of a name that another tool
has. Those that ship are listed by tollgate tools.`,
    options: { ...DIR_OPTION, ...TOOL_OPTIONS },
    operands: [0, 0],
    examples: [
      ["tollgate tool list", "what was deployed, and what of it runs here"],
      ["tollgate tool list --dir ~/notes", "what a host on that folder runs"],
    ],
  },

  async run(context) {
    const dirs = context.args.list("dir");
    // A root that is missing should not hide what was deployed.
    const roots = dirs.length > 0 || (await settingsOf(context, dirs)).ok ? dirs : ["/"];
    return withToolDesk(
      context,
      async (desk) => {
        const { ambient, args } = context;
        const tools = desk.chain.read((state) => listTools(state, desk));
        if (args.flag("json")) {
          const shown = tools.map(({ name, active, highest, record, title, problem }) => ({
            tool: name,
            active: active ?? null,
            highest: highest ?? null,
            ...(title !== undefined && { title }),
            ...(record && {
              module_sha256: record.module_sha256,
              statement_sha256: record.statement_sha256,
              signed_by: record.signer.keyid,
              unsigned: record.unsigned,
            }),
            ...(problem !== undefined && { quarantined: problem }),
          }));
          sayJson(ambient, shown as never);
          return EXIT.ok;
        }
        if (tools.length === 0) {
          say(ambient, "no tool was deployed: tollgate tool deploy <folder> takes one in");
          return EXIT.ok;
        }
        const rows = tools.map(({ name, active, record, title, problem }) => [
          name,
          active ?? "-",
          problem !== undefined ? "quarantined" : record === undefined ? "not active" : "runs",
          record === undefined ? "-" : record.unsigned ? "nobody" : signedBy(record).slice(0, 16),
          title ?? "",
        ]);
        for (const line of table(["TOOL", "VERSION", "", "SIGNED BY", ""], rows)) say(ambient, line);
        for (const { problem } of tools) if (problem !== undefined) say(ambient, `quarantined: ${problem}`);
        return EXIT.ok;
      },
      roots,
    );
  },
};

/** Every tool that was deployed, and why a host on these folders does not run it. */
function listTools(state: StateReader, { settings, stateDirectory, shipped, check }: ToolDesk) {
  const rules = {
    shipped: shipped.map(({ name }) => name),
    rules: settings,
    locks: settings.roots.flatMap((root) => readLock(root) ?? []),
  };
  const active = new Map(checkActive(state, stateDirectory, rules, check).map((tool) => [tool.name, tool]));
  return lookAtTools(state).map(({ name, record: tool }) => {
    const { record, problem } = active.get(name) ?? {};
    const version = tool === DAMAGED ? undefined : tool.active;
    return {
      name,
      active: version,
      highest: tool === DAMAGED ? undefined : tool.highest,
      record,
      title: titleOf(state, name, record),
      problem,
    };
  });
}

function titleOf(state: StateReader, name: string, record: VersionRecord | undefined): string | undefined {
  try {
    const text = record && readEnvelopeText(state, name, record.version);
    return record && text !== undefined ? statedManifest(record, text)?.title : undefined;
  } catch (error) {
    if (error instanceof DamagedRow) return undefined;
    throw error;
  }
}
