/** Tasks: the list, and one of them. */

import "./tasks.css";

import { route } from "../../router";
import { TaskList } from "./list";
import { TaskPage } from "./one";

export function Tasks() {
  const id = route.value.path[1];
  return id ? <TaskPage key={id} id={id} /> : <TaskList />;
}
