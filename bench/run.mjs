// npm run bench: every case beside its baseline, in the same run. Figures are ratios: they hold on other machines.
// Shorter than each by itself: see the options of metering.mjs, real-programs.mjs, instrumenting.mjs and wasmtime.mjs.
import { scriptArguments } from "../scripts/script-arguments.mjs";
import { agentsBench } from "./agents.mjs";
import { chainQueryBench } from "./chain-query.mjs";
import { deadlineBench } from "./deadline.mjs";
import { filesystemBench } from "./filesystem.mjs";
import { instrumentingBench } from "./instrumenting.mjs";
import { ipcBench } from "./ipc.mjs";
import { meteringBench } from "./metering.mjs";
import { realProgramsBench } from "./real-programs.mjs";
import { shellBench } from "./shell.mjs";
import { startBench } from "./start.mjs";
import { storeBench } from "./store.mjs";
import { storeLatencyBench } from "./store-latency.mjs";
import { toolsBench } from "./tools.mjs";
import { wasiBench } from "./wasi.mjs";
import { wasmtimeBench } from "./wasmtime.mjs";

scriptArguments(import.meta.url, {});
await storeBench();
await storeLatencyBench();
await deadlineBench(20);
await wasiBench();
const { turbofan } = await meteringBench({ tiers: ["turbofan", "liftoff"], copies: 3, rounds: 7, seconds: 0.25 });
await wasmtimeBench(turbofan.rows, { seconds: 0.25 });
await realProgramsBench({ repeats: 2, seconds: 0.5 });
await instrumentingBench({ seconds: 0.2 });
await filesystemBench();
await ipcBench({ rounds: 3 });
await agentsBench({ rounds: 3 });
await startBench({ rounds: 7 });
await toolsBench({ rounds: 5 });
await chainQueryBench();
await shellBench();
