import { isFault } from "../../contract/fault.ts";
import type { Json } from "../../contract/json.ts";
import type { Ledger } from "../../contract/ledger.ts";
import { refused } from "../fault.ts";
import type { KernelTools } from "../kernel-tool.ts";
import { DEFAULT_NAMESPACE, readEntry, writeEntry } from "./entries.ts";

/**
 * `kv.get` and `kv.set`: values under keys, in the state that all hosts of one state directory share. A value that was set
 * is on the disk when the call is answered. `if_version` makes a write that nobody can have come between.
 */
export function kvTools({ ledger }: { readonly ledger: Ledger }): KernelTools {
  return {
    "kv.get"(_caller, args) {
      const { key, namespace = DEFAULT_NAMESPACE } = args as { key: string; namespace?: string };
      const entry = ledger.read((state) => readEntry(state, namespace, key));
      if (entry === undefined)
        return refused("key-not-found", `there is nothing under ${key.slice(0, 100)} in ${namespace}: set it first`);
      return "code" in entry ? entry : { key, namespace, value: entry.value, version: entry.version };
    },
    async "kv.set"(_caller, args) {
      const {
        key,
        value,
        namespace = DEFAULT_NAMESPACE,
        if_version: ifVersion,
      } = args as {
        key: string;
        value: Json;
        namespace?: string;
        if_version?: number;
      };
      const write = { namespace, key, value, ...(ifVersion !== undefined && { ifVersion }) };
      const done = await ledger.commit((state) => writeEntry(state, write), "flushed");
      return isFault(done) ? done : { ok: true, key, namespace, version: done.value };
    },
  };
}
