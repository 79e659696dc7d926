// A configuration by which nothing but containment and protection stands in a call's way.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Scratch } from "./program.ts";

/** Permits everything, also what a person is asked about by default. */
export function permitAll({ home }: Scratch): void {
  const folder = join(home, "config/tollgate");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "all.cedar"), '@id("all") permit (principal, action, resource);\n');
  const document = { policies: ["all.cedar"], thresholds: { development: 2.236 } };
  writeFileSync(join(folder, "tollgate.json"), JSON.stringify(document));
}
