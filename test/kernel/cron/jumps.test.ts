// Jobs under a clock that jumps back and forth.
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { stateDirectory } from "../../chain/fixture.ts";
import { type Clock, events, jobs, openCron, START } from "./fixture.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What a clock may be set back by without that anything is planned anew. */
const CORRECTION = MINUTE;
/** By job name: the timing, and the longest time from one firing to the next. */
const TIMINGS = {
  minute: [{ interval_secs: 60 }, MINUTE],
  quarter: [{ schedule: "*/15 * * * *" }, 15 * MINUTE],
  daily: [{ schedule: "@daily" }, 24 * HOUR],
  seconds: [{ interval_secs: 7 }, 7000],
} as const;

const jump = fc.oneof(
  fc.integer({ min: 1, max: 3 * MINUTE }),
  fc.integer({ min: -2 * MINUTE, max: -1 }),
  fc.integer({ min: -400 * 24 * HOUR, max: 400 * 24 * HOUR }),
);

test("however the clock jumps, no firing comes twice or early, none waits longer than its interval, and one follows each time that it goes on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(jump, { minLength: 1, maxLength: 12 }), fc.boolean(), async (jumps, skips) => {
      const clock: Clock = { now: START };
      const directory = stateDirectory();
      const more = { catchUp: skips ? ("skip" as const) : ("once" as const) };
      const hosts = [openCron(directory, clock, more), openCron(directory, clock, more)] as const;
      const [{ chain, call }] = hosts;
      for (const [name, [timing]] of Object.entries(TIMINGS)) {
        await call("sys.cron.add", { name, ...timing, command: "fs.stat" });
      }
      const look = async (time: number) => {
        const before = events(chain).length;
        await Promise.all(hosts.map((one) => one.at(time)));
        const now = events(chain).slice(before);
        for (const job of jobs(chain)) {
          const [, longest] = TIMINGS[job.name as keyof typeof TIMINGS];
          const fired = now.filter(({ kind, payload }) => kind === "cron.fired" && payload.job_id === job.id);
          assert.ok(fired.length <= 1, `${job.name} fired ${fired.length} times at one moment`);
          for (const { payload } of fired) assert.ok((payload.due as number) <= time, `${job.name} fired early`);
          const wait = (job.next as number) - time;
          assert.ok(wait > 0, `${job.name} is due and was left`);
          assert.ok(wait <= longest + CORRECTION, `${job.name} waits ${wait} ms`);
          assert.is(job.running, undefined);
        }
      };
      for (const by of jumps) await look(Math.max(clock.now + by, 0));
      const runs = () => new Map(jobs(chain).map(({ name, runs: many }) => [name, many]));
      for (const [name, [, longest]] of Object.entries(TIMINGS)) {
        const before = runs().get(name) as number;
        // As a clock goes on by itself: whoever waits looks when the time has come.
        const { next = 0 } = jobs(chain).find((job) => job.name === name) ?? {};
        await look(Math.max(next, clock.now));
        assert.ok((runs().get(name) as number) > before, `${name} did not fire within ${longest} ms`);
      }
      const fired = events(chain).filter(({ kind }) => kind === "cron.fired").length;
      assert.is(
        [...runs().values()].reduce((sum, many) => sum + many, 0),
        fired,
      );
      for (const one of hosts) await one.close();
    }),
    { numRuns: 10, endOnFailure: true },
  );
});

test.run();
