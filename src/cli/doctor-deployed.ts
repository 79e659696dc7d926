import { existsSync } from "node:fs";
import { join } from "node:path";
import { readProgram } from "../host/program.ts";
import type { Ambient, HostSettings } from "../host/settings.ts";
import { checkActive, checkDeployed } from "../host/tools/check-deployed.ts";
import { loadDocumentCheck } from "../host/tools/document-check.ts";
import { readLock } from "../host/tools/lock-file.ts";
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
    const [documentCheck, program] = await Promise.all([
      loadDocumentCheck(ambient.packageRoot),
      readProgram(ambient.packageRoot),
    ]);
    const shipped = program.ok ? [...program.registry.keys()] : [];
    const locks = settings.roots.flatMap((root) => readLock(root) ?? []);
    const [checked, active] = opened.chain.read((state) => [
      checkDeployed(state, stateDirectory, settings, documentCheck),
      checkActive(state, stateDirectory, { shipped, rules: settings, locks }, documentCheck),
    ]);
    if (checked.length === 0) return [];
    const bad = checked.filter(({ ok }) => !ok);
    const known = new Set(bad.map(({ tool, version }) => `${tool} ${version}`));
    const held = active.filter(
      ({ name, record, problem }) => problem !== undefined && !known.has(`${name} ${record?.version}`),
    );
    return [
      {
        check,
        status: bad.length === 0 ? "ok" : "warn",
        detail: `${checked.length - bad.length} of ${checked.length} versions are as they were deployed`,
      },
      ...bad.slice(0, SHOWN).map(({ tool, version, problem }): Finding => {
        const detail = `${[tool, version ?? []].flat().join(" ")}: ${problem}`;
        return { check, status: "warn", detail, next: "tollgate tool verify names them all" };
      }),
      ...held.slice(0, SHOWN).map(({ problem }): Finding => {
        return {
          check,
          status: "warn",
          detail: `does not run here: ${problem}`,
          next: "tollgate tool list names them all",
        };
      }),
    ];
  } catch (error) {
    return [{ check, status: "warn", detail: error instanceof Error ? error.message : String(error) }];
  } finally {
    await opened.chain.close();
  }
}
