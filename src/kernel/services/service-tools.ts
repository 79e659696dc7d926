import type { Fault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { refused } from "../fault.ts";
import type { KernelTools } from "../kernel-tool.ts";

export type ServiceStatus = "healthy" | "degraded" | "down";

/** What a probe found. */
export interface ProbeResult {
  readonly status: ServiceStatus;
  /** One sentence for a person: figures, or what is wrong and what to do. */
  readonly detail: string;
}

/** A part that the host consists of. */
export interface Service {
  /** `gate`, `store`, `chain`, … */
  readonly name: string;
  /** What kind of part it is: `decision`, `execution`, `storage`, … */
  readonly type: string;
  /** Uses the part as a call would, and answers how it went. What it throws is its being down. */
  readonly probe: () => Promise<ProbeResult>;
}

export interface ServiceToolOptions {
  readonly services: readonly Service[];
  /** Milliseconds from any moment on. */
  readonly monotonic: () => number;
  /** A probe that takes longer finds its service down; 1000 where absent. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 1000;
const DETAIL_CHARACTERS = 300;

/** `sys.service.list`, `sys.service.health` and `health.check`: all probe, the services at the same time. */
export function serviceTools(options: ServiceToolOptions): KernelTools {
  const { services, monotonic, deadlineMs = DEADLINE_MS } = options;
  const measure = async (service: Service) => {
    const started = monotonic();
    const { status, detail } = await probed(service, deadlineMs);
    return { service, status, detail, latency: Math.max(0, Math.round((monotonic() - started) * 1000) / 1000) };
  };
  const named = (asked: Json | undefined): readonly Service[] | Fault => {
    const found = asked === undefined ? services : services.filter(({ name }) => name === asked);
    if (found.length > 0 || asked === undefined) return found;
    const names = services.map(({ name }) => name);
    const name = String(asked).slice(0, 100);
    return refused("service-unknown", `there is no service ${name}: there are ${names.join(", ")}`, { names });
  };
  return {
    async "sys.service.list"() {
      const found = await Promise.all(services.map(measure));
      const list = found.map(({ service: { name, type }, status }) => ({ name, type, status }));
      return { services: list, count: list.length };
    },
    async "sys.service.health"(_caller, args) {
      const asked = named(args.name);
      if ("code" in asked) return asked;
      const health: JsonObject[] = (await Promise.all(asked.map(measure))).map(
        ({ service: { name }, status, detail, latency }) => ({ name, status, latency_ms: latency, detail }),
      );
      return { health, count: health.length };
    },
    async "health.check"(_caller, args) {
      const asked = named(args.service);
      if ("code" in asked) return asked;
      const found = await Promise.all(asked.map(measure));
      const worst = (["down", "degraded"] as const).find((bad) => found.some(({ status }) => status === bad));
      const list = found.map(({ service: { name, type }, status }) => ({
        name,
        type,
        status,
        healthy: status === "healthy",
      }));
      return { services: list, count: list.length, overall: worst ?? "healthy" };
    },
  };
}

/** The probe's answer, or that the service is down because it threw or did not answer in time. Never rejects. */
async function probed({ probe }: Service, deadlineMs: number): Promise<ProbeResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ProbeResult>((resolve) => {
    const detail = `it did not answer within ${deadlineMs} ms`;
    timer = setTimeout(() => resolve({ status: "down", detail }), deadlineMs);
  });
  try {
    const { status, detail } = await Promise.race([Promise.resolve().then(probe), late]);
    return { status, detail: detail.slice(0, DETAIL_CHARACTERS) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { status: "down", detail: `its probe failed: ${detail}`.slice(0, DETAIL_CHARACTERS) };
  } finally {
    clearTimeout(timer);
  }
}
