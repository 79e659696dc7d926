/** The engine's compilers by flags: optimizing from the first call on, one-pass only, and its own choice. */
export const TIERS = { turbofan: ["--no-liftoff"], liftoff: ["--liftoff-only"], default: [] };
