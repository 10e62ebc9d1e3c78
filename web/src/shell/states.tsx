/** In a word: how the service stands, and whether we hear of what happens. */

import { connection, startLive } from "../live";
import { health, healthError } from "../service";
import { useText } from "../text";
import { Badge, type Tone } from "../ui";

const TONES: Record<string, Tone> = { ok: "good", degraded: "warn", paused: "warn", unavailable: "bad" };

export function serviceWord(t: ReturnType<typeof useText>): string {
  if (healthError.value) return t.service.unreachable;
  return t.service[health.value?.status ?? "unknown"];
}

export function ServiceState() {
  const t = useText();
  const tone = healthError.value ? "bad" : (TONES[health.value?.status ?? ""] ?? "neutral");
  return (
    <span role="status" class="service-state">
      <Badge tone={tone}>{serviceWord(t)}</Badge>
    </span>
  );
}

export function ConnectionState() {
  const t = useText();
  const simulated = health.value?.vendor?.simulated;
  return (
    <div class="connection">
      <button
        type="button"
        class="connection-state"
        data-state={connection.value}
        disabled={connection.value !== "refused"}
        onClick={startLive}
      >
        <span class="connection-dot" aria-hidden="true" />
        {t.connection[connection.value]}
      </button>
      {simulated && <span class="simulated">{t.simulated}</span>}
    </div>
  );
}
