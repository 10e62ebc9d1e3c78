/** A table that becomes a list of cards on a phone: each cell is then told with its column's name. */

import type { ComponentChildren } from "preact";

export interface Column<T> {
  name: string;
  cell: (row: T) => ComponentChildren;
  /** Figures stand at the right, under each other. */
  numeric?: boolean;
  /** The first of a row: it names it. */
  heads?: boolean;
  class?: string;
}

export function Table<T>(props: {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  id: (row: T) => string;
}) {
  return (
    <div class="table-room">
      <table class="table">
        <caption class="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((each) => (
              <th key={each.name} scope="col" data-numeric={each.numeric} class={each.class}>
                {each.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.id(row)}>{props.columns.map((each) => cell(each, row))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function cell<T>(column: Column<T>, row: T) {
  const attributes = { "data-label": column.name, "data-numeric": column.numeric, class: column.class };
  return column.heads ? (
    <th key={column.name} scope="row" {...attributes}>
      {column.cell(row)}
    </th>
  ) : (
    <td key={column.name} {...attributes}>
      {column.cell(row)}
    </td>
  );
}
