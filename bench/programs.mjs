// Real programs compiled to WebAssembly by others, each in the JavaScript host that its package brings along. `open`
// loads the package by `load` (a name to a module) and gives a function that does the same work each time it is called
// and answers with something that depends on all of it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const digest = (data) => createHash("sha256").update(data).digest("hex").slice(0, 16);
const repeat = (count, text) => Array.from({ length: count }, (_, i) => text(i)).join("");

const SCRIPT = `(() => {
  class Point { constructor(x, y) { this.x = x; this.y = y; } norm() { return Math.hypot(this.x, this.y); } }
  const points = [];
  for (let i = 0; i < 2000; i++) points.push(new Point((i * 7919) % 1009, (i * 104729) % 997));
  points.sort((a, b) => a.norm() - b.norm());
  const words = JSON.stringify(points.slice(0, 400)).replace(/"([xy])":(\\d+)/g, "$2$1").split(",");
  const counts = new Map();
  for (const word of words) counts.set(word.length, (counts.get(word.length) ?? 0) + 1);
  let fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2);
  return words.join("").length + fib(16) + [...counts.values()].reduce((a, b) => a * 31 + b | 0, 7);
})()`;

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><defs>
  <linearGradient id="g"><stop offset="0" stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient>
  <filter id="f"><feGaussianBlur stdDeviation="2"/></filter></defs>
  <rect width="400" height="400" fill="url(#g)"/>
  ${repeat(60, (i) => `<path d="M${i * 6} ${(i * 37) % 400} C ${(i * 53) % 400} 20, ${(i * 29) % 400} 380, ${400 - i * 5} ${(i * 71) % 400} Z" fill="rgb(${i * 4},${255 - i * 4},99)" fill-opacity="0.4" stroke="black"/>`)}
  <circle cx="200" cy="200" r="90" fill="green" filter="url(#f)"/></svg>`;

const CSS = repeat(
  400,
  (i) => `.card-${i} { color: rgba(${i % 256}, 20, 30, .5); & .in > a:hover { margin: 0 0 0 ${i}px; display: flex } }
@media (min-width: ${i}px) { .card-${i}::placeholder { transform: translate(${i}px, 0) rotate(${i}deg) } }\n`,
);

const SOURCE = repeat(
  150,
  (i) => `export class Item${i} extends Base<number> { private value: number = ${i};
  get double(): number { return this.value * 2 ?? 0 } async load({ a, ...rest }: { a: string }) { for await (const x of rest as any) yield_(x, \`\${a}\`) } }\n`,
);

const WAT = `(module ${repeat(300, (i) => `(func $f${i} (param i32) (result i32) (local i64) (if (result i32) (local.get 0) (then (i32.add (local.get 0) (i32.const ${i}))) (else (i32.mul (i32.const 3) (local.get 0)))))\n`)})`;

const POLICIES = repeat(
  30,
  (i) => `permit(principal == User::"u${i}", action in [Action::"read", Action::"write"], resource)
  when { resource.owner == principal && context.size < ${i * 100} };
forbid(principal, action == Action::"delete", resource) unless { resource.level > ${i} };\n`,
);

export const PROGRAMS = {
  "quickjs-emscripten": {
    needs: ["quickjs-emscripten-core", "@jitl/quickjs-wasmfile-release-sync"],
    async open(load) {
      const { newQuickJSWASMModuleFromVariant } = await load("quickjs-emscripten-core");
      const variant = await load("@jitl/quickjs-wasmfile-release-sync");
      const quickjs = await newQuickJSWASMModuleFromVariant(variant.default.default ?? variant.default);
      return () => quickjs.evalCode(SCRIPT);
    },
  },
  "quickjs-wasi": {
    needs: ["quickjs-wasi"],
    async open(load, file) {
      const { QuickJS } = await load("quickjs-wasi");
      const wasm = await WebAssembly.compile(readFileSync(file("quickjs-wasi/quickjs.wasm")));
      return async () => {
        const vm = await QuickJS.create({ wasm });
        const answer = vm.evalCode(SCRIPT).toNumber();
        vm.dispose();
        return answer;
      };
    },
  },
  "sql.js": {
    needs: ["sql.js"],
    async open(load) {
      const { default: initSqlJs } = await load("sql.js");
      const { Database } = await initSqlJs();
      return () => {
        const db = new Database();
        db.run("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, size INT, owner INT); BEGIN");
        const insert = db.prepare("INSERT INTO item (name, size, owner) VALUES (?, ?, ?)");
        for (let i = 0; i < 2000; i++) insert.run([`item ${(i * 7919) % 1009}`, (i * 31) % 777, i % 20]);
        insert.free();
        db.run("COMMIT; CREATE INDEX by_name ON item (name)");
        const answer = db.exec(
          `SELECT a.owner, count(*), sum(b.size), max(upper(a.name)) FROM item a JOIN item b ON a.name = b.name
           WHERE a.name LIKE '%1%' GROUP BY a.owner ORDER BY 3 DESC`,
        );
        db.close();
        return digest(JSON.stringify(answer));
      };
    },
  },
  resvg: {
    needs: ["@resvg/resvg-wasm"],
    async open(load, file) {
      const { initWasm, Resvg } = await load("@resvg/resvg-wasm");
      await initWasm(readFileSync(file("@resvg/resvg-wasm/index_bg.wasm")));
      return () => {
        const image = new Resvg(SVG).render();
        const answer = digest(image.pixels);
        image.free();
        return answer;
      };
    },
  },
  "source-map": {
    needs: ["source-map"],
    async open(load) {
      const { SourceMapConsumer, SourceMapGenerator } = await load("source-map");
      const generator = new SourceMapGenerator({ file: "out.js" });
      for (let i = 0; i < 12_000; i++) {
        const generated = { line: 1 + (i >> 3), column: (i & 7) * 9 };
        generator.addMapping({ generated, original: { line: 1 + ((i * 7) % 3000), column: i % 60 }, source: "in.ts" });
      }
      const map = generator.toJSON();
      return () =>
        SourceMapConsumer.with(map, null, (consumer) => {
          let sum = 0;
          for (let line = 1; line < 1500; line++) sum += consumer.originalPositionFor({ line, column: 20 }).line ?? 0;
          consumer.allGeneratedPositionsFor({ source: "in.ts", line: 8, column: 1 });
          return sum;
        });
    },
  },
  "hash-wasm": {
    needs: ["hash-wasm"],
    async open(load) {
      const { createBLAKE3, createMD5, createSHA256, createXXHash64 } = await load("hash-wasm");
      const hashes = await Promise.all([createSHA256(), createMD5(), createBLAKE3(), createXXHash64()]);
      const data = Uint8Array.from({ length: 1 << 20 }, (_, i) => i * i);
      return () => hashes.map((hash) => hash.init().update(data).digest("hex").slice(0, 8)).join();
    },
  },
  argon2: {
    needs: ["hash-wasm"],
    async open(load) {
      const { argon2id } = await load("hash-wasm");
      const costs = { parallelism: 1, iterations: 2, memorySize: 2048, hashLength: 16 };
      return () => argon2id({ password: "correct horse", salt: "0123456789abcdef", ...costs });
    },
  },
  cedar: {
    needs: ["@cedar-policy/cedar-wasm"],
    async open(load) {
      const { isAuthorized } = await load("@cedar-policy/cedar-wasm/nodejs");
      const user = { type: "User", id: "u7" };
      const resource = { type: "File", id: "f" };
      const entities = [{ uid: resource, attrs: { owner: { __entity: user }, level: 3 }, parents: [] }];
      return () => {
        const action = { type: "Action", id: "read" };
        const policies = { staticPolicies: POLICIES };
        const answer = isAuthorized({ principal: user, action, resource, context: { size: 5 }, policies, entities });
        if (answer.type !== "success") throw new Error(JSON.stringify(answer));
        return answer.response.decision;
      };
    },
  },
  wabt: {
    needs: ["wabt"],
    async open(load) {
      const wabt = await (await load("wabt")).default();
      return () => {
        const module = wabt.parseWat("a.wat", WAT);
        module.resolveNames();
        module.validate();
        const answer = digest(module.toBinary({}).buffer);
        module.destroy();
        return answer;
      };
    },
  },
  lightningcss: {
    needs: ["lightningcss-wasm"],
    async open(load) {
      const { default: exported, transform } = await load("lightningcss-wasm");
      await exported.default();
      const code = Buffer.from(CSS);
      const options = { filename: "a.css", minify: true, targets: { chrome: 80 << 16, safari: 12 << 16 } };
      return () => digest(transform({ ...options, code }).code);
    },
  },
  esbuild: {
    needs: ["esbuild-wasm"],
    async open(load, file) {
      globalThis.self ??= globalThis; // Its host without a file system is made for browsers.
      const { initialize, transform } = await load("esbuild-wasm/lib/browser.js");
      const wasmModule = await WebAssembly.compile(readFileSync(file("esbuild-wasm/esbuild.wasm")));
      await initialize({ wasmModule, worker: false });
      return async () => digest((await transform(SOURCE, { loader: "ts", minify: true, target: "es2018" })).code);
    },
  },
};
