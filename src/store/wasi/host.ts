import { closeSync } from "node:fs";
import { type RootGrant, STANDARD_STREAMS, type StandardStream } from "../../contract/permit.ts";
import { createClockCalls } from "./clock-calls.ts";
import { descriptorContainment, descriptorsAreNameable } from "./containment.ts";
import { pathContainment } from "./containment-by-path.ts";
import { Descriptor, DescriptorTable } from "./descriptor-table.ts";
import { createFdCalls } from "./fd-calls.ts";
import { createFdIoCalls } from "./fd-io-calls.ts";
import { HeldDirectories } from "./held-directories.ts";
import { DIRECTORY_RIGHTS, FILE_RIGHTS, MUTATING_RIGHTS, OUTPUT_RIGHTS, STDIN_RIGHTS } from "./layout.ts";
import { LeafGuard } from "./leaf-guard.ts";
import { createPathCalls } from "./path-calls.ts";
import { createPathOpenCall } from "./path-open-call.ts";
import { createPollCall } from "./poll-call.ts";
import { createProcessCalls } from "./process-calls.ts";
import { type ProtectedPath, Protection } from "./protection.ts";
import { createReaddirCall } from "./readdir-call.ts";
import { type PinnedRoot, RootStore, type RunRoot } from "./roots.ts";
import { type HostFunction, RunState, type WasiRun } from "./run-state.ts";
import { createTollgateCalls } from "./tollgate-calls.ts";
import { Walk } from "./walk.ts";

export type { ProtectedPath } from "./protection.ts";
export type { HostFunction, RunHooks, StopReason, WasiRun } from "./run-state.ts";

/** How a worker's host is set up, once for all its runs. */
export interface WasiHostOptions {
  /** Out of every guest's reach, also inside a granted root. */
  readonly protectedPaths: readonly ProtectedPath[];
  /**
   * File names, such as `tollgate.json`, that a guest may read but never make, write, rename, link or remove, in
   * whatever directory; compared without regard to case.
   */
  readonly protectedNames: readonly string[];
  /** Most descriptors that a run may hold, the standard streams and roots included; 256 by default. */
  readonly maxDescriptors?: number;
  /** How directories are held; `descriptors` where the system has `/proc/self/fd`, else `paths` (weaker, see there). */
  readonly containment?: "descriptors" | "paths";
  /** Sleeps at most so many milliseconds, less when the run is cancelled meanwhile; by default the whole time. */
  readonly sleep?: (milliseconds: number) => void;
}

/** WASI for one worker, which runs one call at a time. */
export interface WasiHost {
  /** Made once: every instance is given the same functions. */
  readonly imports: {
    readonly wasi_snapshot_preview1: Readonly<Record<string, HostFunction>>;
    readonly tollgate: Readonly<Record<string, HostFunction>>;
  };
  /**
   * Takes a run in hand: descriptors 0 to 2 are the streams that were granted, then the roots in order. Throws when a
   * root cannot be opened or is protected, with nothing left open; the run is then not in hand.
   */
  begin(run: WasiRun): void;
  /** Ends the run: closes every descriptor of it and returns what it wrote. */
  end(): { readonly stdout: Uint8Array; readonly stderr: Uint8Array };
  /** Closes the roots. The host must not be used afterwards. */
  dispose(): void;
}

const DEFAULT_DESCRIPTORS = 256;
/** Directories that a run keeps open, because it may name something in them again. */
const HELD_DIRECTORIES = 32;
const RIGHTS_BENEATH = DIRECTORY_RIGHTS | FILE_RIGHTS;

/**
 * Makes a host that gives a guest exactly what its authority lists: no path leads outside the granted roots, no
 * protected path is changed or seen, nothing is followed that was not checked. All 46 functions of WASI preview1 are
 * there; sockets, signals and CPU clocks answer that they are not supported.
 */
export function createWasiHost(options: WasiHostOptions): WasiHost {
  const kind = options.containment ?? (descriptorsAreNameable() ? "descriptors" : "paths");
  const containment = kind === "descriptors" ? descriptorContainment : pathContainment;
  const protection = new Protection(options.protectedPaths, options.protectedNames);
  const roots = new RootStore(containment, protection);
  const held = new HeldDirectories(containment, HELD_DIRECTORIES);
  const state = new RunState(
    new DescriptorTable(options.maxDescriptors ?? DEFAULT_DESCRIPTORS),
    containment,
    new LeafGuard(protection, roots),
    new Walk(containment, protection, roots, held),
    new Walk(containment, protection, roots, held),
    options.sleep ?? sleepBy(new Int32Array(new SharedArrayBuffer(4))),
  );
  const { table } = state;
  const ownRoots: PinnedRoot[] = [];

  function addStreams(granted: readonly StandardStream[]): void {
    for (const [number, stream] of STANDARD_STREAMS.entries()) {
      if (!granted.includes(stream)) {
        table.withhold(number);
        continue;
      }
      const descriptor = new Descriptor(stream, -1);
      descriptor.rightsBase = stream === "stdin" ? STDIN_RIGHTS : OUTPUT_RIGHTS;
      table.add(descriptor);
    }
  }

  /** A directory below a root is the run's alone: what is there next time may be another. */
  function openBelow({ hostPath }: RootGrant, inside: string): PinnedRoot {
    const pinned = roots.openBelow(inside, hostPath);
    ownRoots.push(pinned);
    return pinned;
  }

  function letGoOfRoots(): void {
    for (const { fd } of ownRoots) if (fd >= 0) closeSync(fd);
    ownRoots.length = 0;
  }

  function openRoot(grant: RootGrant): RunRoot {
    const pinned = grant.inside === undefined ? roots.open(grant.hostPath) : openBelow(grant, grant.inside);
    if (!pinned.guarded) return { guestPath: grant.guestPath, pinned, readOnly: grant.access === "read-only" };
    protection.refresh();
    const access = protection.ofPath(pinned.realPath);
    if (access === "none") throw new Error(`the root ${grant.hostPath} lies in a protected directory`);
    return {
      guestPath: grant.guestPath,
      pinned,
      readOnly: grant.access === "read-only" || access === "read-only" || pinned.readOnly === true,
    };
  }

  function addRoot({ guestPath, pinned, readOnly }: RunRoot): void {
    const descriptor = new Descriptor("directory", pinned.fd);
    const kept = readOnly ? ~MUTATING_RIGHTS : -1;
    descriptor.pinned = true;
    descriptor.base = pinned.base;
    descriptor.realPath = pinned.realPath;
    descriptor.dev = pinned.dev;
    descriptor.ino = pinned.ino;
    descriptor.readOnly = readOnly;
    descriptor.rightsBase = DIRECTORY_RIGHTS & kept;
    descriptor.rightsInheriting = RIGHTS_BENEATH & kept;
    descriptor.preopenName = Buffer.from(guestPath);
    table.add(descriptor);
  }

  return {
    imports: {
      wasi_snapshot_preview1: {
        ...createProcessCalls(state),
        ...createClockCalls(state),
        ...createPollCall(state),
        ...createFdCalls(state),
        ...createFdIoCalls(state),
        ...createReaddirCall(state),
        ...createPathOpenCall(state),
        ...createPathCalls(state),
      },
      tollgate: createTollgateCalls(state),
    },

    begin(run) {
      if (state.running) throw new Error("a run is already in hand");
      const opened: RunRoot[] = [];
      try {
        for (const grant of run.authority.roots) opened.push(openRoot(grant));
      } catch (error) {
        letGoOfRoots();
        throw error;
      }
      addStreams(run.authority.streams);
      for (const root of opened) addRoot(root);
      state.walk.attach(opened);
      state.otherWalk.attach(opened);
      state.take(run);
    },

    end() {
      state.drop();
      held.clear();
      table.clear();
      letGoOfRoots();
      return { stdout: state.stdout.take(), stderr: state.stderr.take() };
    },

    dispose() {
      if (state.running) state.drop();
      held.clear();
      table.clear();
      letGoOfRoots();
      roots.dispose();
    },
  };
}

function sleepBy(words: Int32Array): (milliseconds: number) => void {
  return (milliseconds) => {
    Atomics.wait(words, 0, 0, milliseconds);
  };
}
