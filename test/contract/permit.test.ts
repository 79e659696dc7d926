import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_LIMITS } from "../../src/contract/limits.ts";
import { type Authority, createPermitOffice, Permit } from "../../src/contract/permit.ts";
import { BARE_AUTHORITY } from "./bare-authority.ts";

const authority: Authority = {
  ...BARE_AUTHORITY,
  roots: [{ guestPath: "/w", hostPath: "/w", access: "read-only" }],
};

test("a permit is redeemed once, and only by the office that minted it", () => {
  const office = createPermitOffice();
  const other = createPermitOffice();
  const permit = office.mint("00", authority);
  assert.is(other.redeem(permit), false);
  assert.is(office.redeem(permit), true);
  assert.is(office.redeem(permit), false);
});

test("an object that looks like a permit is not one", () => {
  const office = createPermitOffice();
  const forged = Object.create(Permit.prototype, { module: { value: "00" }, authority: { value: authority } });
  assert.is(office.redeem(forged as Permit), false);
  assert.is(office.redeem(null as unknown as Permit), false);
});

test("the authority in a permit is a frozen copy", () => {
  const office = createPermitOffice();
  const roots = [...authority.roots];
  const permit = office.mint("00", { ...authority, roots });
  roots.push({ guestPath: "/", hostPath: "/", access: "read-write" });
  assert.is(permit.authority.roots.length, 1);
  assert.throws(() => {
    (permit.authority.limits as { fuel: number }).fuel = Number.MAX_SAFE_INTEGER;
  });
});

test("an authority that cannot change any more goes into permits as it is, and anything else is copied again", () => {
  const office = createPermitOffice();
  const frozen = office.mint("00", authority).authority;
  assert.is(office.mint("00", frozen).authority, frozen);
  const shallow = Object.freeze({ ...frozen, limits: { ...frozen.limits } });
  const copy = office.mint("00", shallow).authority;
  (shallow.limits as { fuel: number }).fuel = 1;
  assert.is(copy.limits.fuel, DEFAULT_LIMITS.fuel);
});

test.run();
