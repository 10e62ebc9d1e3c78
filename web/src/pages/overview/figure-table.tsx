/** The figures of a plot as a table, the newest first; steps of which nothing is known are left out. */

import { moment, number } from "../../format";
import { type Column as Shown, Table } from "../../ui";
import type { Column } from "./history";
import { useText } from "./text";

const MOST_ROWS = 120;

interface Props {
  caption: string;
  at: readonly number[];
  columns: readonly { name: string; column: Column }[];
  show?: (value: number | null) => string;
}

export function FigureTable({ caption, at, columns, show = number }: Props) {
  const t = useText();
  const rows = at.map((_, index) => index).filter((index) => columns.some((each) => each.column[index] != null));
  const shown: Shown<number>[] = [
    { name: t.columns.time, heads: true, cell: (index) => moment((at[index] ?? 0) * 1000) },
    ...columns.map(({ name, column }) => ({
      name,
      numeric: true,
      cell: (index: number) => show(column[index] ?? null),
    })),
  ];
  const newest = rows.reverse().slice(0, MOST_ROWS);
  return <Table caption={caption} columns={shown} rows={newest} id={String} />;
}
