"""Answers scripts/compare-wasmtime.ts: runs modules in Wasmtime and tells the fuel of each call.

Reads a JSON object on each line: {"wasm": base64, "calls": [{"name", "args": [{"type", "value"}]}], "fuel": number}.
Writes one for each: {"calls": [{"end": "completed", "fuel": n} | {"end": "trapped" | "limit", "why": text}]} or
{"refused": text}. All calls of a module run on one instance, one after the other. Imports do nothing and return zero.
"""

import base64
import json
import sys

import wasmtime

config = wasmtime.Config()
config.consume_fuel = True
for feature in ("wasm_tail_call", "wasm_simd", "wasm_bulk_memory", "wasm_reference_types", "wasm_multi_value"):
    setattr(config, feature, True)
engine = wasmtime.Engine(config)

NUMBERS = {"i32": int, "i64": int, "f32": float, "f64": float}


def inert(kind):
    results = [0.0 if str(result) in ("f32", "f64") else None if "ref" in str(result) else 0 for result in kind.results]

    def function(*_):
        return None if not results else results[0] if len(results) == 1 else results

    return function


def signed(kind, value):
    """Python's ints stand for the signed range."""
    bits = {"i32": 32, "i64": 64}[kind]
    value = int(value) % 2**bits
    return value - 2**bits if value >= 2 ** (bits - 1) else value


def argument(kind, value):
    if kind == "ref":
        return None
    return signed(kind, value) if kind in ("i32", "i64") else float(value)


def run(request):
    fuel = request["fuel"]
    store = wasmtime.Store(engine)
    store.set_fuel(fuel)
    try:
        module = wasmtime.Module(engine, base64.b64decode(request["wasm"]))
        imports = [wasmtime.Func(store, item.type, inert(item.type)) for item in module.imports]
        exports = wasmtime.Instance(store, module, imports).exports(store)
    except Exception as error:  # what cannot be instantiated is not compared
        return {"refused": str(error)[:200]}
    calls = []
    for call in request["calls"]:
        store.set_fuel(fuel)
        try:
            exports[call["name"]](store, *(argument(a["type"], a["value"]) for a in call["args"]))
            calls.append({"end": "completed", "fuel": fuel - store.get_fuel()})
        except Exception as error:
            why = str(error)
            limit = "fuel" in why or "call stack" in why
            calls.append({"end": "limit" if limit else "trapped", "why": why[-200:]})
    return {"calls": calls}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
