import type { Command } from "./command.ts";
import { serve } from "./serve.ts";

/** A command before its code is loaded. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/**
 * All commands, in the order of the help. Each but `serve` is loaded only when it is asked for: what `serve` does not
 * need must not slow its start, and what it needs is quickest to load at once.
 */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "serve",
    summary: "serve tools to a client over stdio (MCP or JSON-RPC)",
    load: async () => serve,
  },
  {
    name: "call",
    summary: "make one call through the gate, from this terminal",
    load: async () => (await import("./call.ts")).call,
  },
  {
    name: "tools",
    summary: "list the tools, or show one with its schema",
    load: async () => (await import("./tools.ts")).tools,
  },
  {
    name: "tool new",
    summary: "make a folder with a tool in TypeScript",
    load: async () => (await import("./tool-new.ts")).toolNew,
  },
  {
    name: "tool save",
    summary: "save a shell command as a tool of its own",
    load: async () => (await import("./tool-save.ts")).toolSave,
  },
  {
    name: "tool build",
    summary: "build a tool in TypeScript into its module",
    load: async () => (await import("./tool-build.ts")).toolBuild,
  },
  {
    name: "tool test",
    summary: "run the examples of a tool",
    load: async () => (await import("./tool-test.ts")).toolTest,
  },
  {
    name: "tool dev",
    summary: "rebuild a tool as it is written, in the hosts that run",
    load: async () => (await import("./tool-dev.ts")).toolDev,
  },
  {
    name: "tool list",
    summary: "the tools that were deployed, and which run",
    load: async () => (await import("./tool-list.ts")).toolList,
  },
  {
    name: "tool show",
    summary: "what a version of a deployed tool is and may do",
    load: async () => (await import("./tool-show.ts")).toolShow,
  },
  {
    name: "tool versions",
    summary: "all versions of a tool, and what became of each",
    load: async () => (await import("./tool-versions.ts")).toolVersions,
  },
  {
    name: "tool sign",
    summary: "sign a tool in its folder",
    load: async () => (await import("./tool-sign.ts")).toolSign,
  },
  {
    name: "tool deploy",
    summary: "take in a version of a tool from a folder",
    load: async () => (await import("./tool-deploy.ts")).toolDeploy,
  },
  {
    name: "tool activate",
    summary: "make a version of a tool the one that runs",
    load: async () => (await import("./tool-activate.ts")).toolActivate,
  },
  {
    name: "tool rollback",
    summary: "go back to the version of a tool that ran before",
    load: async () => (await import("./tool-rollback.ts")).toolRollback,
  },
  {
    name: "tool revoke",
    summary: "stop a version of a tool for ever",
    load: async () => (await import("./tool-revoke.ts")).toolRevoke,
  },
  {
    name: "tool remove",
    summary: "take a tool, or one version, off this host",
    load: async () => (await import("./tool-remove.ts")).toolRemove,
  },
  {
    name: "tool verify",
    summary: "check every deployed tool: module, signature, standing",
    load: async () => (await import("./tool-verify.ts")).toolVerify,
  },
  {
    name: "tool inspect",
    summary: "what a module or a tool imports, exports and would be allowed",
    load: async () => (await import("./tool-inspect.ts")).toolInspect,
  },
  {
    name: "tool add",
    summary: "take in the tools of an installed npm package",
    load: async () => (await import("./tool-add.ts")).toolAdd,
  },
  {
    name: "tool lock",
    summary: "pin the versions of deployed tools that a project uses",
    load: async () => (await import("./tool-lock.ts")).toolLock,
  },
  {
    name: "key new",
    summary: "make a key to sign tools with",
    load: async () => (await import("./key-new.ts")).keyNew,
  },
  {
    name: "key list",
    summary: "the keys whose signatures count here, and the revoked ones",
    load: async () => (await import("./key-list.ts")).keyList,
  },
  {
    name: "key trust",
    summary: "trust a key to sign for tools, within bounds",
    load: async () => (await import("./key-trust.ts")).keyTrust,
  },
  {
    name: "key untrust",
    summary: "revoke a key: nothing that it vouches for runs any more",
    load: async () => (await import("./key-untrust.ts")).keyUntrust,
  },
  {
    name: "cert issue",
    summary: "issue a certificate: what another key may vouch for",
    load: async () => (await import("./cert-issue.ts")).certIssue,
  },
  {
    name: "cert show",
    summary: "what a certificate says",
    load: async () => (await import("./cert-show.ts")).certShow,
  },
  {
    name: "cert verify",
    summary: "whether certificates lead to a key that is trusted here",
    load: async () => (await import("./cert-verify.ts")).certVerify,
  },
  {
    name: "chain status",
    summary: "how long the chain is and what its head is",
    load: async () => (await import("./chain-status.ts")).chainStatus,
  },
  {
    name: "chain tail",
    summary: "the last events, or all that come",
    load: async () => (await import("./chain-tail.ts")).chainTail,
  },
  {
    name: "chain verify",
    summary: "check every event, proof and signature",
    load: async () => (await import("./chain-verify.ts")).chainVerify,
  },
  {
    name: "chain prove",
    summary: "a proof that one event is on the chain",
    load: async () => (await import("./chain-prove.ts")).chainProve,
  },
  {
    name: "chain verify-proof",
    summary: "check a proof that an event is on a chain",
    load: async () => (await import("./chain-verify-proof.ts")).chainVerifyProof,
  },
  {
    name: "agent list",
    summary: "the agents of this state directory",
    load: async () => (await import("./agent-list.ts")).agentList,
  },
  {
    name: "agent show",
    summary: "one agent: what it may do, what it has used, how it ended",
    load: async () => (await import("./agent-show.ts")).agentShow,
  },
  {
    name: "agent spawn",
    summary: "begin an agent",
    load: async () => (await import("./agent-spawn.ts")).agentSpawn,
  },
  {
    name: "agent send",
    summary: "send an agent a message",
    load: async () => (await import("./agent-send.ts")).agentSend,
  },
  {
    name: "agent stop",
    summary: "end an agent",
    load: async () => (await import("./agent-control.ts")).agentStop,
  },
  {
    name: "agent suspend",
    summary: "have an agent handle nothing for now",
    load: async () => (await import("./agent-control.ts")).agentSuspend,
  },
  {
    name: "agent resume",
    summary: "have a suspended agent go on",
    load: async () => (await import("./agent-control.ts")).agentResume,
  },
  {
    name: "agent dead",
    summary: "the messages that nobody will handle, and why",
    load: async () => (await import("./agent-dead.ts")).agentDead,
  },
  {
    name: "topic list",
    summary: "what is subscribed to, and by whom",
    load: async () => (await import("./topic-list.ts")).topicList,
  },
  {
    name: "topic send",
    summary: "send a message to a topic",
    load: async () => (await import("./topic-send.ts")).topicSend,
  },
  {
    name: "topic watch",
    summary: "print what is sent to a topic, as it comes",
    load: async () => (await import("./topic-watch.ts")).topicWatch,
  },
  {
    name: "cron list",
    summary: "the jobs, when they fire next and how they went",
    load: async () => (await import("./cron-list.ts")).cronList,
  },
  {
    name: "cron add",
    summary: "run a tool call, or send a message, again and again",
    load: async () => (await import("./cron-add.ts")).cronAdd,
  },
  {
    name: "cron remove",
    summary: "remove a job",
    load: async () => (await import("./cron-remove.ts")).cronRemove,
  },
  {
    name: "top",
    summary: "agents, calls and fuel, as they are now",
    load: async () => (await import("./top.ts")).top,
  },
  {
    name: "policy check",
    summary: "check policies before they are used",
    load: async () => (await import("./policy-check.ts")).policyCheck,
  },
  {
    name: "policy show",
    summary: "print the policy that is in force",
    load: async () => (await import("./policy-show.ts")).policyShow,
  },
  {
    name: "init",
    summary: "the snippet that makes a client start tollgate",
    load: async () => (await import("./init.ts")).init,
  },
  {
    name: "doctor",
    summary: "check this machine, the installation and the configuration",
    load: async () => (await import("./doctor.ts")).doctor,
  },
];
