// The envelope: two payloads never share an encoding, and only the one text of an envelope is read.
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../src/contract/fault.ts";
import { encodeEnvelope, preAuthEncoding, readEnvelope, TOOL_PAYLOAD } from "../../src/trust/dsse.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const signatures = [{ keyid: "0f".repeat(32), sig: new Uint8Array(64).fill(3) }];

test("the encoding is that of DSSE's own example (protocol.md)", () => {
  const encoding = preAuthEncoding("http://example.com/HelloWorld", bytes("hello world"));
  assert.is(Buffer.from(encoding).toString(), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
});

test("two envelopes that differ in where a part ends have different encodings", () => {
  const part = fc.string({ unit: fc.constantFrom("1", "0", " ", "a", "é"), maxLength: 6 });
  fc.assert(
    fc.property(part, part, part, part, (type, payload, otherType, other) => {
      const same = type === otherType && payload === other;
      const equal = Buffer.from(preAuthEncoding(type, bytes(payload))).equals(preAuthEncoding(otherType, bytes(other)));
      assert.is(equal, same);
    }),
    { numRuns: 500 },
  );
});

test("what was encoded is read back whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 80 }), (payload, sig) => {
      const envelope = { payloadType: TOOL_PAYLOAD, payload, signatures: [{ keyid: "ab".repeat(32), sig }] };
      const read = readEnvelope(encodeEnvelope(envelope), TOOL_PAYLOAD);
      assert.not.ok(isFault(read));
      if (!isFault(read)) assert.equal(read, envelope);
    }),
  );
});

const good = { payloadType: TOOL_PAYLOAD, payload: "e30=", signatures: [{ keyid: "0f".repeat(32), sig: "AAAA" }] };
const refused: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  ["no JSON", "{", /not valid JSON/],
  ["a list", "[]", /is not \{payloadType/],
  ["another member", JSON.stringify({ ...good, extra: 1 }), /is not \{payloadType/],
  ["a member twice", JSON.stringify(good).replace("{", '{"payload":"e30=",'), /same member twice/],
  ["another type", JSON.stringify({ ...good, payloadType: "application/vnd.in-toto+json" }), /payload is not/],
  ["a payload without its padding", JSON.stringify({ ...good, payload: "e30" }), /not base64/],
  ["a payload with bits that mean nothing", JSON.stringify({ ...good, payload: "e31=" }), /not base64/],
  ["a payload for URLs", JSON.stringify({ ...good, payload: "__8=" }), /not base64/],
  ["a payload with a line break", JSON.stringify({ ...good, payload: "e3\n0=" }), /not base64/],
  ["no signature", JSON.stringify({ ...good, signatures: [] }), /no signature/],
  ["nine signatures", JSON.stringify({ ...good, signatures: Array(9).fill(good.signatures[0]) }), /more than 8/],
  ["a key id that is none", JSON.stringify({ ...good, signatures: [{ keyid: "x", sig: "AAAA" }] }), /keyid/],
  [
    "a certificate that nobody reads",
    JSON.stringify({ ...good, signatures: [{ ...good.signatures[0], cert: "" }] }),
    /keyid/,
  ],
  ["more than it may be", " ".repeat(600_000) + JSON.stringify(good), /longer than/],
];
test("every other text is refused with what is wrong", () => {
  assert.not.ok(isFault(readEnvelope(JSON.stringify(good), TOOL_PAYLOAD)));
  for (const [what, text, says] of refused) {
    const read = readEnvelope(text, TOOL_PAYLOAD);
    assert.ok(isFault(read), what);
    if (isFault(read)) {
      assert.is(read.code, "envelope-invalid");
      assert.match(read.message, says, what);
    }
  }
  assert.ok(
    isFault(readEnvelope(encodeEnvelope({ payloadType: "other", payload: bytes("{}"), signatures }), TOOL_PAYLOAD)),
  );
});

test.run();
