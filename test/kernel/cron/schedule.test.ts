import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../../src/contract/fault.ts";
import { parseCommand } from "../../../src/kernel/cron/command.ts";
import { firingsBetween, firstFiring, nextFiring, timingWarning } from "../../../src/kernel/cron/schedule.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const first = (schedule: string) => {
  const found = firstFiring({ schedule }, NOW);
  return typeof found === "number" ? new Date(found).toISOString() : found.code;
};

test("an expression has five fields, six with seconds or is a word, and is read in UTC", () => {
  const before = process.env.TZ;
  process.env.TZ = "Asia/Kolkata";
  try {
    assert.is(first("30 4 * * *"), "2026-01-02T04:30:00.000Z");
    assert.is(first("15 30 4 * * *"), "2026-01-02T04:30:15.000Z");
    assert.is(first("@daily"), "2026-01-03T00:00:00.000Z");
    assert.is(first("0 0 29 2 *"), "2028-02-29T00:00:00.000Z");
    assert.is(first("0 9 * * MON-FRI"), "2026-01-02T09:00:00.000Z");
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test("what never fires is refused as that, and what is no schedule as invalid", () => {
  assert.is(first("0 0 30 2 *"), "schedule-never-fires");
  assert.is(first("0 0 31 4,6,9,11 *"), "schedule-never-fires");
  for (const wrong of [
    "",
    " ",
    "* * * *",
    "* * * * * * *",
    "0 0 1 1 * 2020 x",
    "61 * * * *",
    "*/0 * * * *",
    "5-1 * * * *",
    "@reboot",
    "@every 5s",
    "2020-01-01T00:00:00",
    `${"0,".repeat(80)}0 * * * *`,
    "0 0 * * * ; rm",
  ]) {
    assert.is(first(wrong), "schedule-invalid", wrong);
  }
});

test("an interval is a whole number of seconds from 1 on, and exactly one of both is given", () => {
  assert.is(firstFiring({ interval_secs: 1 }, NOW), NOW + 1000);
  const wrong = [
    {},
    { interval_secs: 1, schedule: "* * * * *" },
    ...[0, -1, 1.5, 1e12].map((n) => ({ interval_secs: n })),
  ];
  for (const timing of wrong) {
    const found = firstFiring(timing, NOW);
    assert.ok(isFault(found) && found.code === "schedule-invalid", JSON.stringify(timing));
  }
});

test("the next firing is after now, less than an interval away, in step with the planned one, and firings are counted exactly", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(1e9), fc.nat(1e11), (interval_secs, planned, later) => {
      const now = planned + later;
      const next = nextFiring({ interval_secs }, planned, now) as number;
      assert.ok(next > now && next <= now + interval_secs * 1000);
      assert.is((next - planned) % (interval_secs * 1000), 0);
      const between = firingsBetween({ interval_secs }, planned, now);
      assert.is(planned + (between + 1) * interval_secs * 1000, next);
    }),
  );
});

test("a pause of a hundred years is one step for an expression too", () => {
  const century = NOW + 100 * 365 * 86_400_000;
  assert.ok((nextFiring({ schedule: "* * * * * *" }, NOW, century) as number) <= century + 1000);
  assert.is(firingsBetween({ schedule: "* * * * * *" }, NOW, century), 1);
  assert.is(firingsBetween({ schedule: "0 0 1 1 *" }, NOW, NOW + 1000), 0);
});

test("a job that fires very often is told so", () => {
  assert.match(
    timingWarning({ schedule: "* * * * * *" }, firstFiring({ schedule: "* * * * * *" }, NOW) as number) ?? "",
    /every 1 s/,
  );
  assert.match(timingWarning({ interval_secs: 9 }, NOW) ?? "", /every 9 s/);
  assert.is(timingWarning({ interval_secs: 10 }, NOW), undefined);
  assert.is(timingWarning({ schedule: "* * * * *" }, NOW), undefined);
});

test("a command is a name and an object in either form, and nothing else", () => {
  const read = { tool: "fs.stat", args: { path: "a b" } };
  assert.equal(parseCommand('fs.stat {"path":"a b"}'), read);
  assert.equal(parseCommand(' fs.stat{"path":"a b"} '), read);
  assert.equal(parseCommand('{"tool":"fs.stat","args":{"path":"a b"}}'), read);
  assert.equal(parseCommand("sys.tree.read"), { tool: "sys.tree.read", args: {} });
  assert.equal(parseCommand('{"tool":"sys.tree.read"}'), { tool: "sys.tree.read", args: {} });
  for (const wrong of [
    "",
    "fs.stat []",
    "fs.stat a.txt",
    "fs.stat {",
    'fs.stat {"a":1,"a":2}',
    'fs.stat {"__proto__":1}',
    "{}",
    '{"tool":"a","args":[]}',
    '{"tool":"a","more":1}',
  ]) {
    const read = parseCommand(wrong);
    assert.ok(isFault(read) && read.code === "command-invalid", wrong);
  }
});

test.run();
