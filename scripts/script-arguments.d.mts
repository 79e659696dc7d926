import type { ParseArgsConfig, parseArgs } from "node:util";

export function isStarted(url: string): boolean;
export function scriptArguments<T extends ParseArgsConfig>(url: string, config: T): ReturnType<typeof parseArgs<T>>;
export function refuseArguments(why: string): never;
export function numberFrom(text: string, what: string): number;
export function folderAt(path: string): string;
export function fileAt(path: string): string;
