import type { Fault } from "../contract/fault.ts";
import { prepareHost } from "../host/prepare-host.ts";
import { serveStdio } from "../protocol/serve.ts";
import { type Command, EXIT, type ExitCode } from "./command.ts";
import { complain, note } from "./output.ts";
import { SETTINGS_OPTIONS, settingsOf, TOOL_NAMES_OPTION } from "./settings-options.ts";
import { programVersion } from "./version.ts";

/**
 * Serves one client. Configuration, program, manifests and policies are checked before the first byte is answered;
 * chain and store open while the handshake is, and if they cannot, nothing is served and standard error says why.
 * Once the chain cannot be written, serving ends.
 */
export const serve: Command = {
  spec: {
    name: "serve",
    summary: "serve tools to a client over stdio (MCP or JSON-RPC)",
    usage: "[dir...] [options]",
    details: `
Serves one client on standard input and output until it leaves. This is what a client
starts; tollgate init <client> prints how. The first byte chooses the protocol: "{" is MCP
(one JSON message a line), "C" is JSON-RPC with Content-Length headers.

The directories are the roots: tools see nothing outside of them. Without any, the roots of
tollgate.json hold, and without those the current directory. Tools can never reach the state
directory, the policy or the configuration, even when a root contains them.

Settings come from these options, then from tollgate.json (--config, else the current
directory's, else ~/.config/tollgate/tollgate.json; the first that exists), then from defaults.`,
    options: { ...SETTINGS_OPTIONS, ...TOOL_NAMES_OPTION },
    operands: [0, 64],
    examples: [
      ["tollgate serve ~/notes", "one root"],
      ["tollgate serve ~/src/app ~/src/docs --environment staging", "two roots, a stricter gate"],
      ["tollgate serve --policy team.cedar .", "your own policy instead of the built-in one"],
    ],
    exits: "With serve, 0 means that the client left; over JSON-RPC, 1 that it left without shutdown.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, signal, args } = context;
    const resolved = await settingsOf(context, args.operands);
    if (!resolved.ok) return complain(ambient, resolved.fault);
    const { settings } = resolved;
    if (ambient.stdin.isTTY) {
      note(
        ambient,
        "tollgate: waiting for a client on standard input; to try a tool yourself: tollgate call fs.stat path=.",
      );
    }
    const checked = await prepareHost(settings, ambient);
    if (!checked.ok) return complain(ambient, checked.fault);
    const broken = new AbortController();
    let failure: Fault | undefined;
    const fail = (reason: Fault): Fault => {
      failure ??= reason;
      return reason;
    };
    const code = await serveStdio({
      host: async () => {
        const { openPrepared } = await import("../host/open-host.ts");
        const opened = await openPrepared(checked.prepared);
        if (!opened.ok) return fail(opened.fault);
        const { host } = opened;
        if (host.openIntents > 0) note(ambient, openIntentsLine(host.openIntents));
        void host.broken.then((reason) => {
          fail(reason);
          broken.abort();
        });
        setImmediate(() => void host.warm());
        return host;
      },
      version: programVersion(ambient.packageRoot),
      roots: settings.roots,
      inbox: true,
      liveTools: true,
      input: ambient.stdin,
      output: ambient.stdout,
      toolNames: settings.toolNames,
      log: (line) => note(ambient, `tollgate: ${line}`),
      clock: ambient.clock,
      stop: AbortSignal.any([signal, broken.signal]),
    });
    if (failure !== undefined) return complain(ambient, failure);
    return code === 0 ? EXIT.ok : EXIT.no;
  },
};

function openIntentsLine(count: number): string {
  const calls = count === 1 ? "1 effectful call has" : `${count} effectful calls have`;
  return `tollgate: ${calls} no outcome, because the host ended in between: see tollgate chain status`;
}
