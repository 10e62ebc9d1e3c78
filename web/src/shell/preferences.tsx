/** Language, theme and key. */

import { askForKey, forgetKey, key } from "../api/key";
import { type Language, language, speak } from "../i18n";
import { health } from "../service";
import { useText } from "../text";
import { type Theme, theme, wear } from "../theme";
import { Button, Segments } from "../ui";

const LANGUAGES: readonly { value: Language; label: string; title: string }[] = [
  { value: "zh", label: "中", title: "中文" },
  { value: "en", label: "EN", title: "English" },
];

const SUN = "M10 6.4a3.6 3.6 0 1 0 0 7.2 3.6 3.6 0 0 0 0-7.2M10 1.8v1.6M10 16.6v1.6M1.8 10h1.6M16.6 10h1.6M4.2 4.2l1.1 1.1M14.7 14.7l1.1 1.1M4.2 15.8l1.1-1.1M14.7 5.3l1.1-1.1";
const MOON = "M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z";
const SCREEN = "M3 4h14v9.5H3zM7 17h6M10 13.5V17";

function Icon(props: { path: string; name: string }) {
  return (
    <>
      <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
        <path d={props.path} />
      </svg>
      <span class="visually-hidden">{props.name}</span>
    </>
  );
}

export function Preferences() {
  const t = useText();
  const themes: readonly { value: Theme; label: preact.ComponentChildren; title: string }[] = [
    { value: "auto", label: <Icon path={SCREEN} name={t.theme.auto} />, title: t.theme.auto },
    { value: "light", label: <Icon path={SUN} name={t.theme.light} />, title: t.theme.light },
    { value: "dark", label: <Icon path={MOON} name={t.theme.dark} />, title: t.theme.dark },
  ];
  return (
    <div class="preferences" role="group" aria-label={t.preferences}>
      <Segments label={t.language} value={language.value} options={LANGUAGES} onChange={speak} />
      <Segments label={t.theme.label} value={theme.value} options={themes} onChange={wear} />
      {(key.value || health.value?.auth === "required") && (
        <Button size="small" kind="quiet" onClick={() => void askForKey(key.value ? "change" : "missing")}>
          {t.key.button}
        </Button>
      )}
      {key.value && (
        <Button size="small" kind="quiet" onClick={forgetKey}>
          {t.key.forget}
        </Button>
      )}
    </div>
  );
}
