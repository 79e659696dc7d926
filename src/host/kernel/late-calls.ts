import { fault } from "../../contract/fault.ts";
import type { KernelTools } from "../../kernel/kernel-tool.ts";
import type { HostCall } from "../../store/host-calls.ts";
import { KERNEL_TOOLS, kernelHostCalls } from "./host-calls.ts";
import type { HostKernel } from "./open-kernel.ts";
import { callerOf } from "./principals.ts";

const CLOSED = fault("host", "shutting-down", "the host is starting or shutting down: call again");

/** The kernel's host calls for a store that is opened before the kernel is; until then they are refused. */
export function callsOfKernel(kernel: () => HostKernel | undefined): Record<string, HostCall> {
  const tools: KernelTools = Object.fromEntries(
    [...KERNEL_TOOLS].map((name) => [
      name,
      (caller, args, signal) => kernel()?.tools[name]?.(caller, args, signal) ?? CLOSED,
    ]),
  );
  return kernelHostCalls({
    tools,
    callerOf: ({ call }) => callerOf(call),
    callAs: (context, tool, args) =>
      kernel()?.callAs(context, tool, args) ?? Promise.resolve({ kind: "fault", fault: CLOSED }),
  });
}
