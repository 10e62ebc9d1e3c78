/** Where the documentation is read. */

const PAGES = "https://github.com/aigcq/aigcq/blob/main/";

/** Return the address of a page that the API names by its path in the project. */
export function runbook(path: string): string {
  return PAGES + path;
}
