/** The pages, by the first part of their address. */

import type { ComponentType } from "preact";

import { Create } from "./pages/create";
import { Gallery } from "./pages/gallery";
import { Operate } from "./pages/operate";
import { Overview } from "./pages/overview";
import { Tasks } from "./pages/tasks";

export type PageName = "overview" | "tasks" | "create" | "gallery" | "operate";

interface Page {
  name: PageName;
  address: string;
  /** Lines of its icon, on a square of 20. */
  icon: string;
  view: ComponentType;
}

export const PAGES: readonly Page[] = [
  { name: "overview", address: "", icon: "M3 14l4-5 4 3 6-8M3 17h14", view: Overview },
  { name: "tasks", address: "tasks", icon: "M7 5h10M7 10h10M7 15h10M3 5h.01M3 10h.01M3 15h.01", view: Tasks },
  { name: "create", address: "create", icon: "M10 4v12M4 10h12", view: Create },
  { name: "gallery", address: "gallery", icon: "M3 4.5h14v11H3zM8.5 7.5v5l4-2.5z", view: Gallery },
  {
    name: "operate",
    address: "operate",
    icon: "M4 6h6M14 6h2M4 14h2M10 14h6M12 4v4M8 12v4",
    view: Operate,
  },
];
