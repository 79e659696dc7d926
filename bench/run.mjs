// npm run bench: every case beside its baseline, in the same run. Figures are ratios: they hold on other machines.
import { filesystemBench } from "./filesystem.mjs";
import { storeBench } from "./store.mjs";

await storeBench();
await filesystemBench();
