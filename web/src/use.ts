/** Hooks for what is read from the API. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { key } from "./api/key";
import { isAbort } from "./api/problem";
import { type Live, onLive } from "./live";

export interface Resource<T> {
  /** What was read last; it stays while it is read anew, and when that fails. */
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
}

/** Read something, and again when `deps` change or `reload` is called. A late answer to an older question is dropped. */
export function useResource<T>(load: (signal: AbortSignal) => Promise<T>, deps: readonly unknown[]): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, "reload">>({ data: undefined, error: null, loading: true });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((each) => each + 1), []);
  useEffect(() => {
    const controller = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    load(controller.signal).then(
      (data) => !controller.signal.aborted && setState({ data, error: null, loading: false }),
      (error: unknown) => {
        if (controller.signal.aborted || isAbort(error)) return;
        setState((before) => ({ ...before, error, loading: false }));
      },
    );
    return () => controller.abort();
  }, [...deps, turn, key.value]);
  return { ...state, reload };
}

/** Hear of live events while the component is shown. */
export function useLive(hear: (live: Live) => void): void {
  const latest = useRef(hear);
  latest.current = hear;
  useEffect(() => onLive((live) => latest.current(live)), []);
}

/** Call `act` now and then, while the page is looked at. */
export function useEvery(seconds: number, act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && latest.current(), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
}

/** Return a function that calls `act` once for many calls: at once, then at most every `ms`. */
export function useCalm(act: () => void, ms: number): () => void {
  const latest = useRef(act);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const last = useRef(-Infinity);
  latest.current = act;
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    if (timer.current !== undefined) return;
    const run = () => {
      timer.current = undefined;
      last.current = performance.now();
      latest.current();
    };
    timer.current = setTimeout(run, Math.max(0, last.current + ms - performance.now()));
  }, [ms]);
}
