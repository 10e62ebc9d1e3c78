/** The shell: navigation, how the service stands, preferences; and the page. */

import { useEffect, useRef } from "preact/hooks";

import { key } from "./api/key";
import { restartLive } from "./live";
import { PAGES } from "./pages";
import { route, to } from "./router";
import { health, healthError, watchHealth } from "./service";
import { ConnectionState, ServiceState, serviceWord } from "./shell/states";
import { KeyDialog } from "./shell/key-dialog";
import { Preferences } from "./shell/preferences";
import { useText } from "./text";
import { Empty, Toasts } from "./ui";

export function App() {
  useEffect(watchHealth, []);
  useEffect(restartLive, [key.value]);
  const t = useText();
  const current = PAGES.find((page) => page.address === (route.value.path[0] ?? ""));
  const title = current ? t.pages[current.name] : t.notFound.title;
  const main = usePageFocus(route.value.path.join("/"));
  useEffect(() => {
    const troubled = healthError.value || (health.value && health.value.status !== "ok");
    document.title = `${troubled ? `${serviceWord(t)} · ` : ""}${title} · aigcq`;
  });
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {t.skip}
      </a>
      <Side current={current?.name} />
      <main id="main" tabIndex={-1} ref={main}>
        {healthError.value ? <Offline /> : null}
        {current ? <current.view /> : <NotFound />}
      </main>
      <Toasts />
      <KeyDialog />
    </div>
  );
}

/** On another page the focus goes to its title, and the window to its top. */
function usePageFocus(page: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(page);
  useEffect(() => {
    if (shown.current === page) return;
    shown.current = page;
    scrollTo(0, 0);
    const title = main.current?.querySelector<HTMLElement>("h1");
    (title ?? main.current)?.focus({ preventScroll: true });
  }, [page]);
  return main;
}

function Side(props: { current: string | undefined }) {
  const t = useText();
  return (
    <div class="side">
      <header class="brand">
        <a href={to("/")} class="brand-name">
          <img src="/console/favicon.svg" alt="" width="24" height="24" />
          aigcq
        </a>
        <ServiceState />
      </header>
      <nav class="nav" aria-label={t.navigation}>
        {PAGES.map((page) => (
          <a key={page.name} href={to(page.address)} aria-current={page.name === props.current ? "page" : undefined}>
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <path d={page.icon} />
            </svg>
            <span>{t.pages[page.name]}</span>
          </a>
        ))}
      </nav>
      <footer class="side-foot">
        <ConnectionState />
        <Preferences />
      </footer>
    </div>
  );
}

function Offline() {
  const t = useText();
  return (
    <div class="offline" role="status">
      <strong>{t.offline.title}</strong> <span>{t.offline.text}</span>
    </div>
  );
}

function NotFound() {
  const t = useText();
  return (
    <Empty title={t.notFound.title}>
      <a href={to("/")}>{t.notFound.back}</a>
    </Empty>
  );
}
