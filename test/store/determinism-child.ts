// Prints what the runs of test/store/determinism.ts come to in this process, as JSON.
import { figuresHere } from "./determinism.ts";

process.stdout.write(JSON.stringify(await figuresHere(Number(process.argv[2]))));
