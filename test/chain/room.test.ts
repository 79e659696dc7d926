import { test } from "uvu";
import * as assert from "uvu/assert";
import { watchRoom } from "../../src/chain/room.ts";

test("a disk that is nearly full is refused, asked at most four times a second, and works again once there is room", () => {
  let free: number | undefined = 1e9;
  let asked = 0;
  const room = watchRoom("/", () => {
    asked++;
    return free;
  });
  assert.is(room.refuses(0), undefined);
  free = 1000;
  assert.is(room.refuses(249), undefined);
  assert.is(asked, 1);
  const reason = room.refuses(250);
  assert.is(reason?.code, "chain-unwritable");
  assert.match(reason?.message ?? "", /only 1000 bytes left/);
  free = 1e9;
  assert.is(room.refuses(499), reason);
  assert.is(room.refuses(500), undefined);
  assert.is(room.refuses(0), undefined, "a clock that was set back asks again");
  assert.is(asked, 4);
});

test("a directory that cannot be asked about is left to the database", () => {
  assert.is(watchRoom("/nowhere/at/all").refuses(0), undefined);
  assert.is(watchRoom("/").refuses(0), undefined);
});

test.run();
