import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Ambient, HostSettings } from "../host/settings.ts";
import { checkDeployed } from "../host/tools/check-deployed.ts";
import { loadDocumentCheck } from "../host/tools/document-check.ts";
import type { Finding } from "./doctor-checks.ts";
import { readChain } from "./read-chain.ts";

const SHOWN = 5;

/** Whether each deployed tool is as it was deployed and may run here; nothing where none was deployed. */
export async function checkDeployedTools(settings: HostSettings, ambient: Ambient): Promise<Finding[]> {
  const check = "deployed";
  const { stateDirectory, witness } = settings;
  if (!existsSync(join(stateDirectory, "state.mdb"))) return [];
  const opened = readChain({ directory: stateDirectory, witness }, ambient);
  if (!opened.ok) return [];
  try {
    const documentCheck = await loadDocumentCheck(ambient.packageRoot);
    const checked = opened.chain.read((state) => checkDeployed(state, stateDirectory, settings, documentCheck));
    if (checked.length === 0) return [];
    const bad = checked.filter(({ ok }) => !ok);
    const next = "tollgate tool verify names them all";
    return [
      {
        check,
        status: bad.length === 0 ? "ok" : "warn",
        detail: `${checked.length - bad.length} of ${checked.length} versions are as they were deployed`,
      },
      ...bad.slice(0, SHOWN).map(({ tool, version, problem }): Finding => {
        return { check, status: "warn", detail: `${tool} ${version}: ${problem}`, next };
      }),
    ];
  } catch (error) {
    return [{ check, status: "warn", detail: error instanceof Error ? error.message : String(error) }];
  } finally {
    await opened.chain.close();
  }
}
