"""Times kernels in Wasmtime, unmetered beside metered by fuel, in turns. Reads the job of wasmtime.mjs (a JSON file with
{seconds, kernels: [{name, file, entry, amount, checked}]}) and prints one line of JSON a kernel: {name, plainMs, fuelMs,
result, fuel}. Milliseconds are processor time of the fastest sample, each after an untimed call, as kernel-timing.mjs."""

import json
import sys
import time

import wasmtime

FUEL = 1_000_000_000_000_000
SAMPLE_MS = 2
MIN_ROUNDS = 5


def open_instance(engine, data, fuelled, entry):
    store = wasmtime.Store(engine)
    if fuelled:
        store.set_fuel(FUEL)
    exports = wasmtime.Instance(store, wasmtime.Module(engine, data), []).exports(store)
    if "_initialize" in exports:
        exports["_initialize"](store)

    def run(amount):
        if fuelled:
            store.set_fuel(FUEL)
        return exports[entry](store, amount)

    return store, run


def sample(run, amount, repeats):
    run(amount)
    started = time.process_time()
    for _ in range(repeats):
        run(amount)
    return (time.process_time() - started) * 1000 / repeats


def measure(kernel, seconds, engines):
    with open(kernel["file"], "rb") as file:
        data = file.read()
    entry, amount = kernel["entry"], kernel["amount"]
    _, plain = open_instance(engines[False], data, False, entry)
    store, fuelled = open_instance(engines[True], data, True, entry)
    result = fuelled(kernel["checked"])
    fuel = FUEL - store.get_fuel()
    if plain(kernel["checked"]) != result:
        raise SystemExit(f"{kernel['name']} answers differently with fuel")
    repeats = max(1, int(SAMPLE_MS / max(sample(plain, amount, 1), 0.001)) + 1)
    best = {False: float("inf"), True: float("inf")}
    until = time.process_time() + seconds
    rounds = 0
    while rounds < MIN_ROUNDS or time.process_time() < until:
        for which, run in ((False, plain), (True, fuelled)):
            best[which] = min(best[which], sample(run, amount, repeats))
        rounds += 1
    return {"plainMs": best[False], "fuelMs": best[True], "result": str(result), "fuel": str(fuel)}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    engines = {}
    for fuelled in (False, True):
        config = wasmtime.Config()
        config.consume_fuel = fuelled
        engines[fuelled] = wasmtime.Engine(config)
    for kernel in job["kernels"]:
        print(json.dumps({"name": kernel["name"], **measure(kernel, job["seconds"], engines)}), flush=True)


main()
