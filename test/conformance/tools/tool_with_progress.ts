import { type Answer, type Arguments, content, type Host } from "tollgate/tool";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export default async function (_: Arguments, host: Host): Promise<Answer> {
  for (const done of [0, 50, 100]) {
    if (done > 0) await wait(50);
    host.progress(done, 100, `${done} of 100`);
  }
  return content("Progress was reported.");
}
