// Turns WebAssembly's text format into a module. Only the examples need it: your modules come from your compiler.
import wabtFactory from "wabt";

const wabt = await wabtFactory();

export function wat(text) {
  const module = wabt.parseWat("example.wat", text, { exceptions: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
