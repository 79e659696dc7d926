import type { ResolvedSettings } from "../host/config.ts";
import type { OpenHost } from "../host/open-host.ts";
import { type Command, type CommandContext, EXIT, type ExitCode } from "./command.ts";
import {
  checkChain,
  checkConfiguration,
  checkInstallation,
  checkKernel,
  checkNode,
  checkPolicy,
  checkRoots,
  checkState,
  type Finding,
} from "./doctor-checks.ts";
import { checkDeployedTools } from "./doctor-deployed.ts";
import { bytes, grouped, say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS, settingsOf } from "./settings-options.ts";

/** Checks everything that a start needs, and makes one harmless call through the whole path. */
export const doctor: Command = {
  spec: {
    name: "doctor",
    summary: "check this machine, the installation and the configuration",
    usage: "[options]",
    details: `
Checks in this order: Node.js, configuration, roots, state directory, tools against their seal,
policy, chain, agents; then makes one real call (fs.stat of the first root) through gate, store and chain.
Each line says ok, warn or fail, and what to do. Give it the options that you give to serve.`,
    options: { ...DIR_OPTION, ...SETTINGS_OPTIONS, json: { kind: "flag", description: "print {ok, checks} as JSON" } },
    operands: [0, 0],
    examples: [
      ["tollgate doctor", "everything in order?"],
      ["tollgate doctor --dir ~/notes --config ~/tollgate.json", "with the settings of a client"],
    ],
    exits: "With doctor, 1 means that at least one check failed; warnings alone leave 0.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    const findings: Finding[] = [];
    const json = args.flag("json");
    const add = (...found: readonly Finding[]) => {
      for (const finding of found) {
        findings.push(finding);
        if (json) continue;
        say(ambient, `${finding.status.padEnd(4)}  ${finding.check.padEnd(13)}  ${finding.detail}`);
        if (finding.next !== undefined) say(ambient, `${" ".repeat(21)}→ ${finding.next}`);
      }
    };
    add(checkNode(process.versions.node));
    const resolved = await settingsOf(context, args.list("dir"));
    add(checkConfiguration(resolved, ambient));
    await checkTheRest(resolved, context, add);
    const ok = !findings.some(({ status }) => status === "fail");
    if (json) sayJson(ambient, { ok, checks: findings.map((finding) => ({ ...finding })) });
    return ok ? EXIT.ok : EXIT.no;
  },
};

async function checkTheRest(
  resolved: ResolvedSettings,
  context: CommandContext,
  add: (...found: readonly Finding[]) => void,
): Promise<void> {
  const { ambient } = context;
  const program = await checkInstallation(ambient);
  if (!resolved.ok) {
    add(program.finding, skipped("the configuration is not in order"));
    return;
  }
  const { settings } = resolved;
  add(...checkRoots(settings));
  const state = checkState(settings);
  add(state, program.finding);
  const policy = program.manifests === undefined ? undefined : await checkPolicy(settings, ambient, program.manifests);
  if (policy !== undefined) add(policy);
  const chain = state.status === "fail" ? undefined : await checkChain(settings);
  if (chain !== undefined) add(chain);
  const kernel = chain === undefined || chain.status === "fail" ? [] : await checkKernel(settings, ambient);
  add(...kernel);
  if (chain?.status === "ok") add(...(await checkDeployedTools(settings, ambient)));
  if (
    [state, program.finding, policy, chain].some((finding) => finding === undefined || finding.status === "fail") ||
    kernel.some(({ status }) => status === "fail")
  ) {
    add(skipped("something it needs failed"));
    return;
  }
  const { openHost } = await import("../host/open-host.ts");
  const opened = await openHost(settings, ambient, { standby: true });
  if (!opened.ok) {
    add({ check: "test call", status: "fail", detail: opened.fault.message });
    return;
  }
  add(await testCall(opened.host, context.signal));
  await opened.host.close("doctor is done");
}

const skipped = (why: string): Finding => ({ check: "test call", status: "warn", detail: `not made: ${why}` });

async function testCall(host: OpenHost, signal: AbortSignal): Promise<Finding> {
  const check = "test call";
  const answer = await host.call({
    principal: { kind: "operator", id: "doctor" },
    tool: "fs.stat",
    args: { path: "." },
    signal,
    canAsk: false,
  });
  if (answer.kind === "result") {
    const { fuelConsumed, memoryPeak, durationMs } = answer.usage;
    const used = `fuel ${grouped(fuelConsumed)} · memory ${bytes(memoryPeak)} · ${durationMs.toFixed(2)} ms`;
    return { check, status: "ok", detail: `fs.stat of the first root · ${used} · chain event ${answer.sequence}` };
  }
  if (answer.kind !== "fault") return { check, status: "warn", detail: "fs.stat was deferred to a person" };
  const detail = `fs.stat of the first root: ${answer.fault.code}: ${answer.fault.message}`;
  if (answer.fault.layer !== "gate") return { check, status: "fail", detail };
  return { check, status: "warn", detail, next: "if this policy should let tools read, see tollgate policy show" };
}
