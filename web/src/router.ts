/** Hash routes: `#/tasks/<id>?status=failed` is the path ["tasks", "<id>"] with that query. */

import { signal } from "@preact/signals";

export interface Route {
  path: string[];
  query: URLSearchParams;
}

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decoded);
  return { path: parts, query: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal<Route>(read());
addEventListener("hashchange", () => (route.value = read()));

type Query = Record<string, string | string[] | undefined>;

/** Return the address of a page, for `href`; empty values are left out. */
export function to(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value ?? []].flat()) if (each) search.append(name, each);
  }
  const asked = search.toString();
  return `#/${path.replace(/^\//, "")}${asked ? `?${asked}` : ""}`;
}

/** Go to a page; `replace` leaves no step to go back to, as for a filter. */
export function go(path: string, query: Query = {}, replace = false): void {
  if (!replace) {
    location.hash = to(path, query);
    return;
  }
  history.replaceState(null, "", to(path, query));
  route.value = read();
}
