// Damage to the rows of a state directory while no host runs on it, as a broken disk or an editor would do it: behind the
// program's back.
import { openEnvironment } from "../../src/chain/environment.ts";
import { encodeKey } from "../../src/chain/state-key.ts";
import { openTables, type Tables } from "../../src/chain/tables.ts";
import type { StateKey } from "../../src/contract/state.ts";

/** Changes what lies in the database directly. */
export async function behindTheBack(state: string, change: (tables: Tables) => void): Promise<void> {
  const opened = openEnvironment(state);
  if (!opened.ok) throw new Error(opened.fault.message);
  const { environment } = opened;
  const tables = openTables(environment);
  environment.transactionSync(() => change(tables));
  await environment.close();
}

/** Replaces what is in each of these rows, which must be there. */
export function damageRows(state: string, rows: readonly StateKey[], bytes = '{"half":'): Promise<void> {
  return behindTheBack(state, (tables) => {
    for (const row of rows) {
      const key = encodeKey(row);
      if (tables.state.get(key) === undefined) throw new Error(`there is no row ${JSON.stringify(row)} to damage`);
      tables.state.putSync(key, Buffer.from(bytes));
    }
  });
}
