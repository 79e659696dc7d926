import type { Chain } from "../../chain/chain.ts";
import type { EventDraft } from "../../contract/chain-event.ts";
import { safeText } from "../../contract/safe-text.ts";
import type { Store } from "../../store/store.ts";
import type { PreparedHost } from "../prepare-host.ts";
import { type DeployedTools, openDeployedTools } from "./deployed-tools.ts";
import { loadDocumentCheck } from "./document-check.ts";
import { readLock } from "./lock-file.ts";

/** The tools of a prepared host on its open chain and store; `note` records what turns out not to be what was deployed. */
export function toolsOfHost(
  { settings, ambient, program, gate, stateDirectory }: PreparedHost,
  chain: Chain,
  store: Store,
  note: (draft: EventDraft) => void,
): DeployedTools {
  return openDeployedTools({
    shipped: program.registry,
    chain,
    gate,
    store,
    stateDirectory,
    locks: () => settings.roots.flatMap((root) => readLock(root) ?? []),
    rules: { requireSignatures: settings.requireSignatures },
    documentCheck: () => loadDocumentCheck(ambient.packageRoot),
    onQuarantine({ manifest: { name }, record }, { message }) {
      const { version, module_sha256, statement_sha256 } = record;
      const reason = safeText(message, 1000);
      note({
        source: "host",
        kind: "tool.quarantine",
        payload: { tool: name, version, module_sha256, statement_sha256, reason },
      });
    },
  });
}
