/** What the browser remembers, where it may. */

const PREFIX = "aigcq.";

export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name) ?? sessionStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** `lasting`: also after the browser was closed. */
export function remember(name: string, value: string, lasting = true): void {
  try {
    forget(name);
    (lasting ? localStorage : sessionStorage).setItem(PREFIX + name, value);
  } catch {
    // a private window: it holds until the page is left
  }
}

export function forget(name: string): void {
  try {
    localStorage.removeItem(PREFIX + name);
    sessionStorage.removeItem(PREFIX + name);
  } catch {
    // nothing was remembered
  }
}
