import { type Chain, openChain } from "../chain/chain.ts";
import { loadHostKey } from "../chain/host-key.ts";
import type { NoteSigner } from "../chain/signed-note.ts";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { Change, Committed } from "../contract/state.ts";
import type { HostSettings } from "../host/settings.ts";
import { openStateDirectory } from "../host/state-directory.ts";
import { type ReadShell, shellModule } from "../host/tools/shell-module.ts";
import { ringOnce } from "../kernel/ipc/doorbell.ts";
import type { DocumentCheck } from "../trust/statement.ts";
import { type CommandContext, EXIT, type ExitCode, type OptionSpecs } from "./command.ts";
import { complain, note } from "./output.ts";
import { SETTINGS_OPTIONS, settingsOf } from "./settings-options.ts";

/** Options of every command that is about deployed tools or the keys that vouch for them. */
export const TOOL_OPTIONS: OptionSpecs = {
  json: { kind: "flag", description: "print JSON" },
  config: SETTINGS_OPTIONS.config!,
  environment: SETTINGS_OPTIONS.environment!,
  "require-signatures": SETTINGS_OPTIONS["require-signatures"]!,
  "state-dir": SETTINGS_OPTIONS["state-dir"]!,
  witness: SETTINGS_OPTIONS.witness!,
};

/** What a command about deployed tools works with. Nothing of a tool is run, and no client can get here. */
export interface ToolDesk {
  readonly settings: HostSettings;
  readonly stateDirectory: string;
  readonly chain: Chain;
  /** The manifests of all that ships. */
  readonly shipped: readonly ToolManifest[];
  readonly check: DocumentCheck;
  /** Reads the module that saved commands run in. */
  readonly shell: ReadShell;
  /** The host's own key. */
  hostKey(): NoteSigner | Fault;
  /** Makes one change, durably, and tells every running host of it. */
  commit<T>(change: Change<T>): Promise<Committed<T> | Fault>;
}

/**
 * Opens the state for one command and closes it again; a fault that `use` answers is said, and is exit code 1. Only commands
 * that look at what a host on some folders would run name `roots`.
 */
export async function withToolDesk(
  context: CommandContext,
  use: (desk: ToolDesk) => Promise<ExitCode | Fault>,
  roots: readonly string[] = ["/"],
): Promise<ExitCode> {
  const { ambient } = context;
  const resolved = await settingsOf(context, roots);
  if (!resolved.ok) return complain(ambient, resolved.fault);
  const { settings } = resolved;
  const state = openStateDirectory(settings.stateDirectory);
  if (!state.ok) return complain(ambient, state.fault);
  const [{ readProgram }, { loadDocumentCheck }] = await Promise.all([
    import("../host/program.ts"),
    import("../host/tools/document-check.ts"),
  ]);
  const program = await readProgram(ambient.packageRoot);
  if (!program.ok) return complain(ambient, program.fault);
  const check = await loadDocumentCheck(ambient.packageRoot);
  const opened = openChain({
    directory: state.directory,
    clock: ambient.clock,
    random: ambient.random,
    host: { id: `cli-${Buffer.from(ambient.random(6)).toString("hex")}` },
    ...(settings.witness !== undefined && { witness: settings.witness }),
  });
  if (!opened.ok) return complain(ambient, opened.fault);
  const { chain } = opened;
  let committed = false;
  try {
    const done = await use({
      settings,
      stateDirectory: state.directory,
      chain,
      shipped: [...program.registry.values()].map(({ manifest }) => manifest),
      check,
      shell: shellModule(program.registry),
      hostKey() {
        const loaded = loadHostKey(state.directory);
        if (loaded.ok) return loaded.signer;
        return (
          loaded.fault ?? fault("chain", "chain-unwritable", "the host's key is not there: restore it from a backup")
        );
      },
      async commit(change) {
        const result = await chain.commit(change, "flushed");
        if (!isFault(result)) {
          committed = true;
          ringOnce(state.directory);
        }
        return result;
      },
    });
    return isFault(done) ? declined(context, done) : done;
  } finally {
    await chain.close();
    if (committed) ringOnce(state.directory);
  }
}

/** Says why it was not done: 1 where the answer is no, otherwise as every command. */
export function declined({ ambient }: CommandContext, reason: Fault): ExitCode {
  if (reason.layer !== "trust" && reason.layer !== "kernel") return complain(ambient, reason);
  note(ambient, `tollgate: ${reason.message}`);
  return EXIT.no;
}
