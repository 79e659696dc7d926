// npm run bench: every case beside its baseline, in the same run. Figures are ratios: they hold on other machines.
import { filesystemBench } from "./filesystem.mjs";
import { meteringBench } from "./metering.mjs";
import { storeBench } from "./store.mjs";

await storeBench();
await meteringBench({ tiers: ["turbofan", "liftoff"], rounds: 7, copies: 3, seconds: 0.3 });
await filesystemBench();
