/** A list that is read page by page. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { key } from "../api/key";
import { isAbort } from "../api/problem";
import { useText } from "../text";
import { Button } from "./basics";

interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Pages<T> {
  data: T[] | undefined;
  error: unknown;
  loading: boolean;
  next: string | null;
  more: () => void;
  reload: () => void;
}

type State<T> = Pick<Pages<T>, "data" | "error" | "loading" | "next">;

/** Read the first page, again when `deps` change; `more` adds the one behind. */
export function usePages<T>(load: (cursor: string, signal: AbortSignal) => Promise<Page<T>>, deps: readonly unknown[]): Pages<T> {
  const [state, setState] = useState<State<T>>({ data: undefined, error: null, loading: true, next: null });
  const latest = useRef(load);
  const running = useRef<AbortController | undefined>(undefined);
  latest.current = load;

  const read = useCallback((cursor: string, before: readonly T[]) => {
    running.current?.abort();
    const { signal } = (running.current = new AbortController());
    setState((known) => ({ ...known, loading: true }));
    latest.current(cursor, signal).then(
      ({ items, next }) => !signal.aborted && setState({ data: [...before, ...items], error: null, loading: false, next }),
      (error: unknown) => {
        if (!signal.aborted && !isAbort(error)) setState((known) => ({ ...known, error, loading: false }));
      },
    );
  }, []);

  useEffect(() => {
    setState({ data: undefined, error: null, loading: true, next: null });
    read("", []);
    return () => running.current?.abort();
  }, [...deps, key.value]);

  return { ...state, more: () => read(state.next ?? "", state.data ?? []), reload: () => read("", []) };
}

export function More<T>(props: { of: Pages<T> }) {
  const t = useText();
  if (!props.of.next) return null;
  return (
    <div class="more">
      <Button busy={props.of.loading} onClick={props.of.more}>
        {t.actions.more}
      </Button>
    </div>
  );
}
