import { type Fault, fault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";

/** A refusal of the kernel: it carries the layer `kernel` and reaches the caller as its tool's error. */
export function refused(code: string, message: string, data?: Record<string, Json>): Fault {
  return fault("kernel", code, message, data);
}
