// Functions of your own that guests call by name. A guest waits for the answer; your handler need not hurry, the run's
// deadline is there. Only a run whose permit lists the name may have it.
import { openStore } from "tollgate/store";
import { wat } from "./wat.mjs";

const prices = new Map([["apple", "3"]]);
const store = openStore({
  hostCalls: {
    "shop.price": {
      async handler(request, context) {
        const item = new TextDecoder().decode(request);
        const price = prices.get(item);
        if (price === undefined) return { code: "no-such-item", layer: "tool", message: `there is no ${item}` };
        return new TextEncoder().encode(`${price} ${context.value.currency} for ${context.principal}`);
      },
      requestBytes: 100,
      callsPerRun: 10,
    },
  },
});

/** Asks for the price of what its input names; says how far it is; gives the answer, or the error document, back. */
const GUEST = wat(`(module
  (import "tollgate" "shop.price" (func $price (param i32 i32) (result i32)))
  (import "tollgate" "answer_read" (func $read (param i32 i32 i32) (result i32)))
  (import "tollgate" "progress" (func $progress (param f64 f64 i32 i32)))
  (import "tollgate" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1) (data (i32.const 16) "looking") (data (i32.const 32) "not sold here")
  (func (export "execute") (param $at i32) (param $length i32) (result i32 i32) (local $answer i32)
    (call $progress (f64.const 1) (f64.const 2) (i32.const 16) (i32.const 7))
    (local.set $answer (call $price (local.get $at) (local.get $length)))
    (if (i32.lt_s (local.get $answer) (i32.const 0)) (then
      (local.set $answer (i32.sub (i32.const -1) (local.get $answer)))
      (call $log (i32.const 2) (i32.const 32) (i32.const 13))))
    (i32.const 1024) (call $read (i32.const 1024) (i32.const 0) (local.get $answer))))`);

const loaded = store.load(GUEST);
if (!loaded.ok) throw new Error(loaded.fault.message);
const hostCalls = ["shop.price", "progress", "log"];

for (const item of ["apple", "plum"]) {
  const outcome = await store.run(store.permit(loaded.module, { hostCalls }), {
    stdin: new TextEncoder().encode(item),
    principal: "customer:7",
    context: { currency: "coins" },
    onProgress: ({ done, total, message }) => console.log(`${done} of ${total}: ${message}`),
    onLog: ({ level, message }) => console.log(`${level}: ${message}`),
  });
  console.log(outcome.kind === "exited" ? new TextDecoder().decode(outcome.stdout) : outcome.fault.message);
}

// Without the grant the module is refused before it is compiled.
const poor = await store.run(store.permit(loaded.module), { stdin: new Uint8Array(0) });
console.log(poor.kind === "fault" ? `${poor.fault.code}: ${poor.fault.message}` : "exited");
await store.close();
