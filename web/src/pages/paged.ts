/** A list that is read page by page, and read anew when something happens. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { key } from "../api/key";
import { isAbort } from "../api/problem";
import type { ListedTask, TaskPage } from "../api/tasks";

export interface Paged {
  tasks: ListedTask[] | undefined;
  error: unknown;
  loading: boolean;
  more: (() => void) | null;
  reload: () => void;
  patch: (id: string, change: Partial<ListedTask>) => boolean;
}

type Load = (limit: number, cursor: string, signal: AbortSignal) => Promise<TaskPage>;

interface State {
  tasks: ListedTask[] | undefined;
  cursor: string | null;
  error: unknown;
  loading: boolean;
}

const MOST = 100;

/** Read as much as is shown, or the first page: what has moved between pages is then where it belongs. */
async function readAll(load: Load, size: number, shown: number, signal: AbortSignal): Promise<State> {
  const tasks: ListedTask[] = [];
  let cursor: string | null = "";
  do {
    const page: TaskPage = await load(Math.min(MOST, Math.max(size, shown - tasks.length)), cursor, signal);
    tasks.push(...page.tasks);
    cursor = page.next_cursor;
  } while (cursor && tasks.length < shown);
  return { tasks, cursor, error: null, loading: false };
}

export function usePaged(load: Load, size: number, deps: readonly unknown[]): Paged {
  const [state, setState] = useState<State>({ tasks: undefined, cursor: null, error: null, loading: true });
  const latest = useRef({ load, state });
  const running = useRef<AbortController>(undefined);
  latest.current = { load, state };

  const run = useCallback((work: (signal: AbortSignal) => Promise<State>) => {
    running.current?.abort();
    const controller = (running.current = new AbortController());
    setState((before) => ({ ...before, loading: true }));
    work(controller.signal).then(
      (found) => !controller.signal.aborted && setState(found),
      (error: unknown) => {
        if (controller.signal.aborted || isAbort(error)) return;
        setState((before) => ({ ...before, error, loading: false }));
      },
    );
  }, []);

  useEffect(() => {
    setState({ tasks: undefined, cursor: null, error: null, loading: true });
    run((signal) => readAll(latest.current.load, size, 0, signal));
    return () => running.current?.abort();
  }, [...deps, size, key.value]);

  const reload = useCallback(() => {
    const shown = latest.current.state.tasks?.length ?? 0;
    run((signal) => readAll(latest.current.load, size, shown, signal));
  }, [size]);

  const more = useCallback(() => {
    const { tasks = [], cursor } = latest.current.state;
    run(async (signal) => {
      const page = await latest.current.load(size, cursor ?? "", signal);
      const known = new Set(tasks.map((each) => each.task_id));
      const added = page.tasks.filter((each) => !known.has(each.task_id));
      return { tasks: [...tasks, ...added], cursor: page.next_cursor, error: null, loading: false };
    });
  }, [size]);

  const patch = useCallback((id: string, change: Partial<ListedTask>) => {
    const known = latest.current.state.tasks?.some((each) => each.task_id === id) ?? false;
    if (known) {
      setState((before) => ({
        ...before,
        tasks: before.tasks?.map((each) => (each.task_id === id ? { ...each, ...change } : each)),
      }));
    }
    return known;
  }, []);

  return { ...state, more: state.cursor ? more : null, reload, patch };
}
