// bc: arithmetic of any length, in the language of its manual (POSIX.1-2024 bc, with what GNU bc has beside).
import { Machine, MathProblem } from "./bc/machine.ts";
import { Parser, SyntaxProblem } from "./bc/syntax.ts";
import { tokensOf } from "./bc/tokens.ts";
import { command } from "./command.ts";

export const bc = command(
  "bc",
  { flags: "lqsiw", values: "e", long: { mathlib: "l", quiet: "q", standard: "s", warn: "w", expression: "e" } },
  async ({ flags, all, operands, read, stdin }) => {
    const machine = new Machine(flags.has("l"));
    let stderr = "";
    const programs: string[] = [];
    for (const operand of operands) programs.push(await read(operand));
    const expressions = all.get("e") ?? [];
    programs.push(...expressions.map((one) => `${one}\n`));
    if (expressions.length === 0) programs.push(stdin);
    for (const program of programs) {
      const tokens = tokensOf(program);
      if (typeof tokens === "string")
        return { stdout: machine.output, stderr: `${stderr}(standard_in) 1: ${tokens}\n` };
      const parser = new Parser(tokens);
      for (;;) {
        try {
          const item = parser.next();
          if (item === undefined) break;
          if (!machine.run(item)) return { stdout: machine.output, stderr };
        } catch (error) {
          if (error instanceof MathProblem) {
            stderr += `Runtime error: ${error.message}\n`;
            continue;
          }
          if (!(error instanceof SyntaxProblem)) throw error;
          return { stdout: machine.output, stderr: `${stderr}(standard_in) 1: ${error.message}\n` };
        }
      }
    }
    return { stdout: machine.output, stderr };
  },
);
